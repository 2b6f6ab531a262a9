#include "inventory/dpkg_status.h"

#include "format/stanza.h"
#include "inventory/dependencies.h"
#include "inventory/reader_add.h"

#include <string.h>

/* Paragraphs as in deb822(5), with case-insensitive field names. A package counts unless its third word of status is
 * "not-installed" or "config-files": "unpacked", "half-configured" and both "triggers-" have all their files on disk,
 * "half-installed" has some. A paragraph without a Status counts, so that no package is hidden. */
struct paragraph {
	span package, status, version, architecture, source, license;
	span depends, pre_depends, provides, essential, protected, priority;
};

static span *slot(struct paragraph *paragraph, span key)
{
	const struct {
		const char *key;
		span *value;
	} slots[] = {
		{"Package", &paragraph->package},     {"Status", &paragraph->status},
		{"Version", &paragraph->version},     {"Architecture", &paragraph->architecture},
		{"License", &paragraph->license},     {"Source", &paragraph->source},
		{"Depends", &paragraph->depends},     {"Pre-Depends", &paragraph->pre_depends},
		{"Provides", &paragraph->provides},   {"Essential", &paragraph->essential},
		{"Protected", &paragraph->protected}, {"Priority", &paragraph->priority},
	};
	for (size_t i = 0; i < sizeof slots / sizeof *slots; i++)
		if (span_is_nocase(key, slots[i].key))
			return slots[i].value;
	return NULL;
}

/* Takes the whole next paragraph. dpkg also rejects duplicate fields. */
static int take_paragraph(span *rest, struct paragraph *paragraph, struct tarsier_error *error)
{
	struct field field;
	int code = TARSIER_OK;
	*paragraph = (struct paragraph){0};
	while (stanza_field(rest, &field)) {
		span *value = slot(paragraph, field.key);
		if (!value)
			continue;
		if (value->ptr)
			code = error_set(error, TARSIER_FORMAT, "a paragraph with two fields \"%.*s\"", SPAN_ARG(field.key));
		*value = field.value.ptr ? field.value : SPAN("");
	}
	if (code < 0 && paragraph->package.len)
		error_prefix(error, "package \"%.*s\"", SPAN_ARG(paragraph->package));
	return code;
}

static span third_word(span status)
{
	span word = {0};
	for (int i = 0; i < 3; i++) {
		span rest;
		status = span_trim(status);
		span_cut(status, ' ', &word, &rest);
		status = rest;
	}
	return word;
}

static bool is_on_disk(const struct paragraph *paragraph)
{
	span state = third_word(paragraph->status);
	if (span_is_nocase(state, "not-installed") || span_is_nocase(state, "config-files"))
		return false;
	/* A first installation that failed early leaves no version and almost no files. */
	return paragraph->version.len || !span_is_nocase(state, "half-installed");
}

/* What dpkg does not let one remove, or a system without it does not work: deb-control(5). */
static bool is_essential(const struct paragraph *paragraph)
{
	return span_is_nocase(paragraph->essential, "yes") || span_is_nocase(paragraph->protected, "yes") ||
	       span_is_nocase(paragraph->priority, "required");
}

static int add_package(struct reader_output *output, const char *type, const struct paragraph *paragraph, span requires,
                       span provides, struct tarsier_error *error)
{
	span source, rest, source_version;
	span_cut(paragraph->source, '(', &source, &rest);
	span_cut(rest, ')', &source_version, &rest);
	return reader_add(output,
	                       &(struct package_spans){.type = type,
	                                       .name = paragraph->package,
	                                       .version = paragraph->version,
	                                       .architecture = paragraph->architecture,
	                                       .source_name = span_trim(source),
	                                       .source_version = span_trim(source_version),
	                                       .license = paragraph->license,
	                                       .requires = requires,
	                                       .provides = provides},
	                       error);
}

static int add(struct reader_output *output, const char *type, const struct paragraph *paragraph,
               struct tarsier_error *error)
{
	struct buffer requires, provides;
	if (!paragraph->package.len)
		return error_set(error, TARSIER_FORMAT, "a paragraph without a Package field");
	if (!is_on_disk(paragraph))
		return TARSIER_OK;
	buffer_init(&requires, &output->arena->allocator);
	buffer_init(&provides, &output->arena->allocator);
	bool ok = dependencies_begin(&requires, is_essential(paragraph)) &&
	          dependencies_add_control(&requires, paragraph->depends) &&
	          dependencies_add_control(&requires, paragraph->pre_depends) &&
	          dependencies_add_control(&provides, paragraph->provides);
	int code = ok ? add_package(output, type, paragraph, buffer_span(&requires), buffer_span(&provides), error)
	              : error_memory(error);
	buffer_free(&requires);
	buffer_free(&provides);
	return code;
}

int dpkg_status_read(span content, const char *type, struct reader_output *output, struct tarsier_error *error)
{
	span rest = content;
	int code = TARSIER_OK;
	if (span_starts(rest, "#!"))
		return reader_output_note(output, false, "a script, not a control file", error);
	while (code >= 0 && stanza_more(&rest)) {
		const char *start = rest.ptr;
		struct paragraph paragraph;
		code = take_paragraph(&rest, &paragraph, error);
		if (code >= 0)
			code = add(output, type, &paragraph, error);
		if (code < 0)
			code = reader_skip_entry(output, content, start, code, error);
	}
	return code;
}

static span path_of(span line)
{
	span path, rest;
	span_cut(line, '\t', &path, &rest);
	return path;
}

int dpkg_list_read(const struct evidence *evidence, size_t skip, const char *suffix, struct reader_output *output,
                   struct tarsier_error *error)
{
	span content = evidence->content, line, name, architecture;
	ptrdiff_t slash = span_find_last(evidence->path, '/');
	span_cut(span_from(evidence->path, (size_t)(slash + 1)), ':', &name, &architecture);
	if (span_ends(name, suffix))
		name.len -= strlen(suffix);
	int code = reader_output_set_owner(output, name, error);
	while (code >= 0 && span_next(&content, '\n', &line))
		code = reader_output_own(output, SPAN(""), path_of(span_from(line, skip)), error);
	return code;
}
