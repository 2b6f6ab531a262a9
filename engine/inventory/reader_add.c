#include "inventory/reader_add.h"

#include "format/spdx.h"

#include <stdio.h>
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

static int copy_field(char *string, span text, span name, const char *what, struct tarsier_error *error)
{
	if (text.len > PACKAGE_FIELD_LIMIT)
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\": its %s is longer than %d bytes", SPAN_ARG(name), what,
		                 PACKAGE_FIELD_LIMIT);
	if (has_control(text))
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\": its %s holds control bytes", SPAN_ARG(name), what);
	if (text.len)
		memcpy(string, text.ptr, text.len);
	string[text.len] = '\0';
	return TARSIER_OK;
}

static int add_fields(struct reader_output *output, const struct package_spans *package, const char *licenses,
                      struct tarsier_error *error)
{
	enum { NAME, VERSION, ARCHITECTURE, SOURCE_NAME, SOURCE_VERSION, MODULE, VENDOR, INNER, FIELDS };
	static const char *const what[FIELDS] = {"name",           "version", "architecture", "source name",
	                                         "source version", "module",  "vendor",       "inner path"};
	const span fields[FIELDS] = {package->name,           package->version, package->architecture, package->source_name,
	                             package->source_version, package->module,  package->vendor,       package->inner};
	char strings[FIELDS][PACKAGE_FIELD_LIMIT + 1];

	if (!package->name.len)
		return error_set(error, TARSIER_FORMAT, "a package without a name");
	if (!package->version.len)
		return error_set(error, TARSIER_FORMAT, "package \"%.*s\" has no version", SPAN_ARG(package->name));
	for (int i = 0; i < FIELDS; i++) {
		int code = copy_field(strings[i], fields[i], package->name, what[i], error);
		if (code < 0 && i < MODULE)
			return code;
		if (code < 0)
			strings[i][0] = '\0'; /* it is neither the package's name nor its version */
	}
	return reader_output_add(output,
	                         &(struct package){.type = package->type,
	                                           .name = strings[NAME],
	                                           .version = strings[VERSION],
	                                           .architecture = strings[ARCHITECTURE],
	                                           .source_name = strings[SOURCE_NAME],
	                                           .source_version = strings[SOURCE_VERSION],
	                                           .ecosystem = package->ecosystem,
	                                           .module = strings[MODULE],
	                                           .vendor = strings[VENDOR],
	                                           .inner = strings[INNER],
	                                           .licenses = licenses,
	                                           .found_by = package->found_by},
	                         error);
}

/* They are not copied before the package is known to count: some are long. */
static int keep_dependencies(struct reader_output *output, const struct package_spans *package, struct tarsier_error *error)
{
	struct package *added = &output->packages[output->count - 1];
	if (!package->requires.len)
		return TARSIER_OK;
	added->requires = span_copy(output->arena, package->requires);
	added->provides = span_copy(output->arena, package->provides);
	return added->requires && added->provides ? TARSIER_OK : error_memory(error);
}

static int add_licensed(struct reader_output *output, const struct package_spans *package, struct tarsier_error *error)
{
	struct buffer licenses;
	int code;
	if (!package->licenses.len && !package->license.len)
		return add_fields(output, package, "", error);
	buffer_init(&licenses, &output->arena->allocator);
	if (!buffer_add(&licenses, package->licenses.ptr, package->licenses.len) ||
	    !licenses_add(&licenses, package->license) || !buffer_add(&licenses, "", 1))
		code = error_memory(error);
	else
		code = add_fields(output, package, licenses.data, error);
	buffer_free(&licenses);
	return code;
}

int reader_add(struct reader_output *output, const struct package_spans *package, struct tarsier_error *error)
{
	size_t before = output->count;
	int code = add_licensed(output, package, error);
	return code >= 0 && output->count > before ? keep_dependencies(output, package, error) : code;
}

int reader_skip_entry(struct reader_output *output, span content, const char *at, int code, struct tarsier_error *error)
{
	char text[sizeof error->message + 32];
	if (code != TARSIER_FORMAT)
		return code;
	reader_output_disown(output);
	size_t line = output->note_count < READER_NOTES_LIMIT ? line_number(content, at) : 0; /* counting is slow */
	snprintf(text, sizeof text, "line %zu: %s", line, error ? error->message : "invalid");
	return reader_output_note(output, true, text, error);
}

int reader_skip_file(struct reader_output *output, int code, struct tarsier_error *error)
{
	return code == TARSIER_FORMAT ? reader_output_note(output, false, error ? error->message : "", error) : code;
}

size_t line_number(span content, const char *at)
{
	size_t line = 1;
	for (const char *c = content.ptr; c < at && c < content.ptr + content.len; c++)
		line += *c == '\n';
	return line;
}
