/* reads installed Python packages */
#include "inventory/python_metadata.h"
#include "layer/reader.h"

/*
 * One file for each distribution: METADATA (PyPA core metadata, in a .dist-info folder), or PKG-INFO and its
 * predecessors (in .egg-info, or .egg-info itself as a file). The headers follow RFC 822. A description of any length
 * follows the first empty line and may itself look like headers. The first of two equal headers counts, as in Python's
 * email parser.
 *
 * Many other files have such names. One that does not name a package and its version is only noted: programs cannot
 * import a package by it either.
 */
enum {
	HEAD = 256 << 10, /* the headers come first; long texts follow */
};

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	return python_is_leftover(evidence->path) ? TARSIER_OK : python_metadata(evidence->content, output, error);
}

const struct reader reader_python = {
	.name = "python",
	.version = 3,
	.evidence = (const char *const[]){"**/*.dist-info/METADATA", "**/*.egg-info/PKG-INFO", "**/*.egg-info/METADATA",
	                                  "**/*.egg-info", "**/EGG-INFO/PKG-INFO", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
