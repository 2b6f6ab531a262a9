/* reads Dart packages in pub's cache */
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * pub unpacks each package to CACHE/hosted/HOST/NAME-VERSION, with its pubspec.yaml (dart.dev, "Package layout"). The
 * members of the outermost mapping that matter are single lines: "name: http", "version: 1.2.0". Lines of nested values
 * are indented, and so belong to the field above, as in the formats that stanza.h reads.
 */
enum { LIMIT = 1 << 20 };

/* Removes a comment and quotes. */
static span scalar(span value)
{
	for (size_t i = 1; i < value.len; i++)
		if (value.ptr[i] == '#' && value.ptr[i - 1] == ' ')
			value.len = i;
	value = span_trim(value);
	bool quoted = value.len > 1 && (value.ptr[0] == '"' || value.ptr[0] == '\'') &&
	              value.ptr[value.len - 1] == value.ptr[0];
	return quoted ? (span){value.ptr + 1, value.len - 2} : value;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	static const char *const keys[] = {"name", "version"};
	span values[2];
	stanza_find(evidence->content, STANZA_ALL, keys, values, 2);
	const struct package_spans package = {.type = "pub", .ecosystem = "Pub", .name = scalar(values[0]),
	                                      .version = scalar(values[1])};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_dart = {
	.name = "dart",
	.version = 1,
	.evidence = (const char *const[]){"**/hosted/*/*/pubspec.yaml", NULL},
	.limit = LIMIT,
	.head = true,
	.read = read,
};
