/* finds what Homebrew installed */
#include "inventory/reader_add.h"
#include "layer/path_match.h"
#include "layer/reader.h"

/*
 * Homebrew puts each formula into CELLAR/NAME/VERSION ("Formula Cookbook"), with an INSTALL_RECEIPT.json. The folders have
 * the name and the version with its revision, "openssl@3/3.3.1_1"; the receipt has neither.
 */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "brew", .ecosystem = "Homebrew"};
	span path = evidence->path;
	path_take_last(&path);
	package.version = path_take_last(&path);
	package.name = path_take_last(&path);
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_homebrew = {
	.name = "homebrew",
	.version = 1,
	.evidence = (const char *const[]){"**/Cellar/*/*/INSTALL_RECEIPT.json", NULL},
	.limit = 1,
	.head = true,
	.read = read,
};
