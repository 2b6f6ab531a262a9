/* what is installed for Python */
#include "inventory/python_metadata.h"
#include "layer/reader.h"

/*
 * One file a distribution: METADATA (PyPA core metadata, in a .dist-info folder) or PKG-INFO and its predecessors (in
 * .egg-info, or that as a file). Headers as in RFC 822; behind the first empty line comes a description of any length,
 * which may itself look like headers. Of a header that stands twice the first counts, as for Python's email parser.
 *
 * Many files have such names and are something else. One that does not name a package and its version is noted, and
 * nothing more: no program can import it by that name either.
 */
enum {
	HEAD = 256 << 10, /* Name and Version come first; texts of all kinds follow */
};

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	return python_is_leftover(evidence->path) ? TARSIER_OK : python_metadata(evidence->content, output, error);
}

const struct reader reader_python = {
	.name = "python",
	.version = 2,
	.evidence = (const char *const[]){"**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/*.egg-info/METADATA",
	                                  "**/*.egg-info", "**/EGG-INFO/PKG-INFO", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
