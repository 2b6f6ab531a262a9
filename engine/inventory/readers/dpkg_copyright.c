/* reads the licences of Debian's packages */
#include "format/spdx.h"
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * usr/share/doc/PACKAGE/copyright in Debian's machine-readable form, "Machine-readable debian/copyright file", 1.0:
 * paragraphs as in deb822(5), of which the first begins with "Format: https://www.debian.org/…/copyright-format/1.0/".
 *
 *	Files: *
 *	Copyright: 2001 Somebody
 *	License: GPL-2+ or Artistic        the names; a text may follow in continuation lines
 *
 * The first paragraph and those with "Files" state licences; a paragraph with "License" alone holds a licence's text. Any
 * other copyright file is prose, and states nothing that can be read.
 */
enum { HEAD = 1 << 20 }; /* the longest of Debian 12, Chromium's, has 600 KiB */

static bool is_machine_readable(span content)
{
	struct field field;
	return stanza_field(&content, &field) &&
	       (span_is_nocase(field.key, "Format") || span_is_nocase(field.key, "Format-Specification"));
}

/* The first line of a value; empty if the value begins in the line after the key, with a licence's text. */
static span first_line(span value)
{
	span line, rest;
	const char *before = value.ptr;
	while (value.len && before[-1] != ':' && before[-1] != '\n')
		before--;
	if (!value.len || before[-1] == '\n')
		return SPAN("");
	span_cut(value, '\n', &line, &rest);
	return line;
}

/* Takes a paragraph. */
static bool take_paragraph(span *rest, bool first, struct buffer *licenses)
{
	struct field field;
	span license = {0};
	bool states = first;
	while (stanza_field(rest, &field)) {
		states = states || span_is_nocase(field.key, "Files");
		if (span_is_nocase(field.key, "License"))
			license = first_line(field.value);
	}
	return !states || licenses_add(licenses, license);
}

static int set_licenses(struct reader_output *output, span path, span licenses, struct tarsier_error *error)
{
	span folder = {path.ptr, (size_t)(span_find_last(path, '/') > 0 ? span_find_last(path, '/') : 0)};
	if (!licenses.len)
		return TARSIER_OK;
	output->licenses = span_copy(output->arena, licenses);
	if (!output->licenses)
		return error_memory(error);
	return reader_output_set_owner(output, span_from(folder, (size_t)(span_find_last(folder, '/') + 1)), error);
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct buffer licenses;
	span rest = evidence->content;
	bool ok = true;
	if (!is_machine_readable(rest))
		return TARSIER_OK;
	buffer_init(&licenses, &output->arena->allocator);
	for (bool first = true; ok && stanza_more(&rest); first = false)
		ok = take_paragraph(&rest, first, &licenses);
	int code = ok ? set_licenses(output, evidence->path, buffer_span(&licenses), error) : error_memory(error);
	buffer_free(&licenses);
	return code;
}

const struct reader reader_dpkg_copyright = {
	.name = "dpkg_copyright",
	.version = 1,
	.evidence = (const char *const[]){"usr/share/doc/*/copyright", NULL},
	.limit = HEAD,
	.head = true,
	.optional = true,
	.read = read,
};
