/* reads Debian's package database */
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <string.h>

/*
 * var/lib/dpkg/status, and the files in status.d of images without dpkg: paragraphs as in deb822(5), with
 * case-insensitive field names. These fields are used:
 *
 *	Package: openssl
 *	Status: install ok installed                  what is wanted, an error flag, what is (dpkg(1))
 *	Version: 3.0.11-1~deb12u2
 *	Architecture: amd64
 *	Source: openssl (3.0.11-1)                    if it differs from name or version
 *
 * A package counts unless its third word of status is "not-installed" or "config-files": "unpacked", "half-configured"
 * and both "triggers-" have all their files on disk, "half-installed" has some. The files in status.d have no Status: a
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

/* ---- lists of files ---------------------------------------------------------------------------------------------- */

/* A package's files, one path on each line: info/NAME.list or info/NAME:ARCHITECTURE.list, or NAME.md5sums beside a
 * file of status.d, with "MD5  " before each path. They count only if status, or that file, has the package. */
enum { CHECKSUM = 32 + 2 };

static int read_list(const struct evidence *evidence, size_t skip, const char *suffix, struct reader_output *output,
                     struct tarsier_error *error)
{
	span content = evidence->content, line, name, architecture;
	ptrdiff_t slash = span_find_last(evidence->path, '/');
	span_cut(span_from(evidence->path, (size_t)(slash + 1)), ':', &name, &architecture);
	if (span_ends(name, suffix))
		name.len -= strlen(suffix);
	int code = reader_output_set_owner(output, name, error);
	while (code >= 0 && span_next(&content, '\n', &line))
		code = reader_output_own(output, SPAN(""), span_from(line, skip), error);
	return code;
}

/* ---- status, and the files of status.d --------------------------------------------------------------------------- */

/* status.d also holds other files of the package, such as those of dpkg's info folder (deb(5)). */
static bool is_beside_control(span path)
{
	static const char *const suffixes[] = {".preinst", ".postinst", ".prerm", ".postrm", ".config", ".templates",
	                                       ".conffiles", ".triggers", ".shlibs", ".symbols", ".copyright"};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (span_ends(path, suffixes[i]))
			return true;
	return false;
}

static int read_status(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content;
	int code = TARSIER_OK;
	if (span_starts(rest, "#!"))
		return reader_output_note(output, false, "a script, not a control file", error);
	while (code >= 0 && stanza_more(&rest)) {
		const char *start = rest.ptr;
		struct paragraph paragraph;
		code = take_paragraph(&rest, &paragraph, error);
		if (code >= 0)
			code = add(output, &paragraph, error);
		if (code < 0)
			code = reader_skip_entry(output, evidence->content, start, code, error);
	}
	return code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	if (span_ends(evidence->path, ".list"))
		return read_list(evidence, 0, ".list", output, error);
	if (span_ends(evidence->path, ".md5sums"))
		return read_list(evidence, CHECKSUM, ".md5sums", output, error);
	return is_beside_control(evidence->path) ? TARSIER_OK : read_status(evidence, output, error);
}

const struct reader reader_dpkg = {
	.name = "dpkg",
	.version = 3,
	.evidence = (const char *const[]){"var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "var/lib/dpkg/info/*.list", NULL},
	.limit = 96 << 20, /* all of Debian installed would take about 70 MB */
	.read = read,
};
