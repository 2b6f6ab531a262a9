/* reads packages that conda installed */
#include "inventory/json_licenses.h"
#include "layer/reader.h"

/*
 * PREFIX/conda-meta/NAME-VERSION-BUILD.json, a file for each package (conda's documentation, "Package metadata"): an object
 * with name, version, build, channel, subdir ("linux-64", "noarch"), license. The folder has other files too: "history" and
 * a state file of another shape.
 */
enum { FILE_LIMIT = 16 << 20 }; /* it lists the package's files: 5 MB for the largest */

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *file;
	int code = json_parse(evidence->content, FILE_LIMIT, "conda-meta", &file, error);
	if (code >= 0) {
		const struct package_spans package = {.type = "conda", .name = span_of(json_text(file, "name")),
		                                      .version = span_of(json_text(file, "version")),
		                                      .architecture = span_of(json_text(file, "subdir"))};
		code = reader_add_json(output, package, json_object_get(file, "license"), error);
	}
	json_decref(file);
	return reader_skip_file(output, code, error);
}

const struct reader reader_conda = {
	.name = "conda",
	.version = 1,
	.evidence = (const char *const[]){"**/conda-meta/*.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
