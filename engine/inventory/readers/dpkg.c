/* Debian's package database */
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * var/lib/dpkg/status, and the files in status.d that images without dpkg carry: paragraphs as in deb822(5), names of
 * fields in any case. Of each paragraph:
 *
 *	Package: openssl
 *	Status: install ok installed                  what is wanted, an error flag, what is (dpkg(1))
 *	Version: 3.0.11-1~deb12u2
 *	Architecture: amd64
 *	Source: openssl (3.0.11-1)                    if it differs from name or version
 *
 * A package counts unless its third word of status is "not-installed" or "config-files": "unpacked", "half-configured"
 * and both "triggers-" have all their files on disk, "half-installed" some. The files in status.d have no Status: a
 * paragraph without one counts, so that no package is hidden.
 */
struct paragraph {
	span package, status, version, architecture, source;
};

static span *slot(struct paragraph *paragraph, span key)
{
	if (span_is_nocase(key, "Package"))
		return &paragraph->package;
	if (span_is_nocase(key, "Status"))
		return &paragraph->status;
	if (span_is_nocase(key, "Version"))
		return &paragraph->version;
	if (span_is_nocase(key, "Architecture"))
		return &paragraph->architecture;
	return span_is_nocase(key, "Source") ? &paragraph->source : NULL;
}

/* Takes the next paragraph. dpkg too refuses a field that is there twice. */
static int take_paragraph(span *rest, struct paragraph *paragraph, struct tarsier_error *error)
{
	struct field field;
	*paragraph = (struct paragraph){0};
	while (stanza_field(rest, &field)) {
		span *value = slot(paragraph, field.key);
		if (!value)
			continue;
		if (value->ptr)
			return error_set(error, TARSIER_FORMAT, "a paragraph with two fields \"%.*s\"", SPAN_ARG(field.key));
		*value = field.value.ptr ? field.value : SPAN("");
	}
	return TARSIER_OK;
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
	/* A first installation that failed early leaves no version, and next to nothing on disk. */
	return paragraph->version.len || !span_is_nocase(state, "half-installed");
}

static int add(struct reader_output *output, const struct paragraph *paragraph, struct tarsier_error *error)
{
	if (!paragraph->package.len)
		return error_set(error, TARSIER_FORMAT, "a paragraph without a Package field");
	if (!is_on_disk(paragraph))
		return TARSIER_OK;
	span source, rest, source_version;
	span_cut(paragraph->source, '(', &source, &rest);
	span_cut(rest, ')', &source_version, &rest);
	return reader_add(output,
	                       &(struct package_spans){.type = "deb",
	                                       .name = paragraph->package,
	                                       .version = paragraph->version,
	                                       .architecture = paragraph->architecture,
	                                       .source_name = span_trim(source),
	                                       .source_version = span_trim(source_version)},
	                       error);
}

/* A package's files, one path a line: info/NAME.list, or NAME.md5sums beside a file of status.d, with "MD5  " before
 * each path. */
enum { CHECKSUM = 32 + 2 };

static int read_list(span content, size_t skip, struct reader_output *output, struct tarsier_error *error)
{
	span line;
	int code = TARSIER_OK;
	while (code >= 0 && span_next(&content, '\n', &line))
		code = reader_output_own(output, SPAN(""), span_from(line, skip), error);
	return code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	if (span_ends(evidence->path, ".list"))
		return read_list(evidence->content, 0, output, error);
	if (span_ends(evidence->path, ".md5sums"))
		return read_list(evidence->content, CHECKSUM, output, error);
	span rest = evidence->content;
	while (stanza_more(&rest)) {
		const char *start = rest.ptr;
		struct paragraph paragraph;
		int code = take_paragraph(&rest, &paragraph, error);
		if (code >= 0)
			code = add(output, &paragraph, error);
		if (code < 0)
			return error_prefix(error, "line %zu", line_number(evidence->content, start)), code;
	}
	return TARSIER_OK;
}

const struct reader reader_dpkg = {
	.name = "dpkg",
	.version = 2,
	.evidence = (const char *const[]){"var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list", NULL},
	.limit = 96 << 20, /* the whole of Debian installed would be about 70 MB */
	.read = read,
};
