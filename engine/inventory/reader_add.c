#include "inventory/reader_add.h"

#include <string.h>

static bool has_control(span text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < 0x20 || c == 0x7f)
			return true;
	}
	return false;
}

/* `text` as a string in `string`, or why it cannot be one. */
static int copy_field(char *string, span text, span name, const char *what, struct tarsier_error *error)
{
	if (text.len > FOUND_FIELD_LIMIT)
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\": its %s is longer than %d bytes", SPAN_ARG(name), what,
		                 FOUND_FIELD_LIMIT);
	if (has_control(text))
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\": its %s holds control bytes", SPAN_ARG(name), what);
	if (text.len)
		memcpy(string, text.ptr, text.len);
	string[text.len] = '\0';
	return TARSIER_OK;
}

int inventory_found(struct inventory *inventory, const struct found *found, struct tarsier_error *error)
{
	enum { NAME, VERSION, ARCHITECTURE, SOURCE_NAME, SOURCE_VERSION, FIELDS };
	static const char *const what[FIELDS] = {"name", "version", "architecture", "source name", "source version"};
	const span fields[FIELDS] = {found->name, found->version, found->architecture, found->source_name,
	                             found->source_version};
	char strings[FIELDS][FOUND_FIELD_LIMIT + 1];

	if (!found->name.len)
		return error_set(error, TARSIER_FORMAT, "a package without a name");
	if (!found->version.len)
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\" has no version", SPAN_ARG(found->name));
	for (int i = 0; i < FIELDS; i++) {
		int code = copy_field(strings[i], fields[i], found->name, what[i], error);
		if (code < 0)
			return code;
	}
	return inventory_add(inventory,
	                     &(struct package){.type = found->type,
	                                       .name = strings[NAME],
	                                       .version = strings[VERSION],
	                                       .architecture = strings[ARCHITECTURE],
	                                       .source_name = strings[SOURCE_NAME],
	                                       .source_version = strings[SOURCE_VERSION],
	                                       .ecosystem = found->ecosystem},
	                     error);
}

size_t found_line(span content, const char *at)
{
	size_t line = 1;
	for (const char *c = content.ptr; c < at && c < content.ptr + content.len; c++)
		line += *c == '\n';
	return line;
}
