/* what is installed for Python */
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * One file a distribution: METADATA (PyPA core metadata, in a .dist-info folder) or PKG-INFO and its predecessors (in
 * .egg-info, or that as a file). Headers as in RFC 822; behind the first empty line comes a description of any length,
 * which may itself look like headers. Of a header that stands twice the first counts, as for Python's email parser.
 */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "pypi", .ecosystem = "PyPI"};
	span rest = evidence->content;
	struct field field;
	while ((!package.name.len || !package.version.len) && stanza_field(&rest, &field)) {
		if (!package.name.len && span_is_nocase(field.key, "Name"))
			package.name = field.value;
		else if (!package.version.len && span_is_nocase(field.key, "Version"))
			package.version = field.value;
	}
	return reader_add(output, &package, error);
}

const struct reader reader_python = {
	.name = "python",
	.version = 1,
	.evidence = (const char *const[]){"**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/*.egg-info",
	                                  "**/EGG-INFO/PKG-INFO", NULL},
	.limit = 8 << 20, /* some carry their whole documentation: hundreds of KB */
	.read = read,
};
