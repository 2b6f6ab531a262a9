/* what is installed for Node.js */
#include "format/json.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * node_modules/NAME/package.json and node_modules/@SCOPE/NAME/package.json: JSON, of which `name` and `version` count
 * (npm's documentation, package.json). npm, yarn and pnpm all install so; pnpm's folders are links to such places. A
 * project's own package.json, elsewhere, is not a package. Folders below a package hold package.json too, without a
 * name, and are not asked for.
 */
enum { PACKAGE_JSON_LIMIT = 4 << 20 }; /* the largest that are published have some hundred KB */

static int add(const json_t *document, struct reader_output *output, struct tarsier_error *error)
{
	const struct package_spans package = {.type = "npm",
	                                      .ecosystem = "npm",
	                                      .name = span_of(json_text(document, "name")),
	                                      .version = span_of(json_text(document, "version"))};
	if (!package.name.len || !package.version.len)
		return reader_output_note(output, false, "not a package: it has no name or no version", error);
	return reader_add(output, &package, error);
}

/* Files that only look like a package's are common among tests and templates: they are noted, and nothing more. */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *document;
	int code = json_parse(evidence->content, PACKAGE_JSON_LIMIT, "not a package", &document, error);
	if (code == TARSIER_FORMAT)
		return reader_output_note(output, false, error ? error->message : "", error);
	if (code < 0)
		return code;
	code = add(document, output, error);
	json_decref(document);
	return code;
}

const struct reader reader_node = {
	.name = "node",
	.version = 1,
	.evidence = (const char *const[]){"**/node_modules/*/package.json", "**/node_modules/@*/*/package.json", NULL},
	.limit = PACKAGE_JSON_LIMIT,
	.read = read,
};
