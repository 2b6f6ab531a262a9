#include "inventory/python_metadata.h"

#include "format/stanza.h"
#include "inventory/reader_add.h"

int python_metadata(span content, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "pypi", .ecosystem = "PyPI"};
	struct field field;
	while ((!package.name.len || !package.version.len) && stanza_field(&content, &field)) {
		if (!package.name.len && span_is_nocase(field.key, "Name"))
			package.name = field.value;
		else if (!package.version.len && span_is_nocase(field.key, "Version"))
			package.version = field.value;
	}
	int code = reader_add(output, &package, error);
	bool named = package.name.len && package.version.len;
	return named ? code : reader_skip_file(output, code, error);
}

bool python_is_leftover(span path)
{
	return span_starts(path, "~") || span_contains(path, "/~");
}
