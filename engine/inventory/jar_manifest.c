#include "inventory/jar_manifest.h"

#include <string.h>

#define FIELD(name, member) {name, offsetof(struct jar_manifest, member), sizeof ((struct jar_manifest *)0)->member}

static const struct { const char *name; size_t offset, size; } fields[] = {
	FIELD("Implementation-Title", title),
	FIELD("Implementation-Version", version),
	FIELD("Implementation-Vendor-Id", vendor_id),
	FIELD("Specification-Version", specification_version),
	FIELD("Bundle-SymbolicName", symbolic_name),
	FIELD("Bundle-Version", bundle_version),
	FIELD("Bundle-License", bundle_license),
	FIELD("Short-Name", short_name),
	FIELD("Plugin-Version", plugin_version),
	FIELD("Group-Id", group_id),
};

static span take_line(span *rest)
{
	span line;
	span_next(rest, '\n', &line);
	if (line.len && line.ptr[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Adds the text to the field. A field that gets too long is emptied, and stays so: `whole` is false. */
static void append(char *field, size_t size, span text, bool *whole)
{
	size_t length = strlen(field);
	for (size_t i = 0; i < text.len; i++)
		*whole = *whole && (unsigned char)text.ptr[i] >= ' ' && text.ptr[i] != 0x7f;
	*whole = *whole && length + text.len < size;
	if (*whole)
		memcpy(field + length, text.ptr, text.len);
	field[*whole ? length + text.len : 0] = '\0';
}

/* Takes the value, with the lines that continue it: they begin with a space. */
static void take_value(span value, span *rest, char *field, size_t size)
{
	bool whole = true;
	*field = '\0';
	append(field, size, value, &whole);
	while (rest->len && rest->ptr[0] == ' ')
		append(field, size, span_from(take_line(rest), 1), &whole);
}

static void take_attribute(span line, span *rest, struct jar_manifest *manifest)
{
	span name, value;
	if (!span_cut(line, ':', &name, &value))
		return;
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		if (span_is_nocase(name, fields[i].name))
			take_value(span_trim(value).len ? span_from(value, value.ptr[0] == ' ') : SPAN(""), rest,
			           (char *)manifest + fields[i].offset, fields[i].size);
}

void jar_manifest_read(span text, struct jar_manifest *manifest)
{
	while (text.len) {
		span line = take_line(&text);
		if (!line.len)
			break; /* sections for single files follow */
		take_attribute(line, &text, manifest);
	}
	char *parameters = strchr(manifest->symbolic_name, ';');
	if (parameters)
		*parameters = '\0';
	char *blank = strchr(manifest->plugin_version, ' ');
	if (blank)
		*blank = '\0'; /* "1.0 (private-…)" */
}
