#include "format/purl.h"

#include "format/url.h"

#include <string.h>

/*
 * purl-spec, "How to parse a purl":
 *
 *	purl ::= "pkg:" "/"* type "/" [namespace "/"] name ["@" version] ["?" qualifiers] ["#" subpath]
 *
 * All parts but the type are percent-encoded.
 */
static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Returns NULL if memory ran out, or the text holds control bytes. */
static const char *decode(struct arena *arena, span text)
{
	char *decoded = arena_alloc(arena, text.len + 1);
	size_t length = 0;
	while (decoded && text.len) {
		char c = url_decode_byte(&text);
		if (is_control(c))
			return NULL;
		decoded[length++] = c;
	}
	return decoded;
}

static span cut_last(span *text, char separator)
{
	ptrdiff_t at = span_find_last(*text, separator);
	span after = at < 0 ? SPAN("") : span_from(*text, (size_t)at + 1);
	if (at >= 0)
		text->len = (size_t)at;
	return after;
}

/* A type is ASCII letters, digits, ".", "+" and "-", in lower case. */
static const char *type_of(struct arena *arena, span text)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789.+-";
	char *type = span_copy(arena, text);
	for (char *c = type; c && *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return type && *type && strspn(type, allowed) == text.len ? type : NULL;
}

bool purl_parse(struct arena *arena, span text, struct purl *purl)
{
	span rest, subpath, qualifiers, type;
	if (!span_starts(text, "pkg:"))
		return false;
	text = span_from(text, 4);
	while (span_starts(text, "/"))
		text = span_from(text, 1);
	span_cut(text, '#', &rest, &subpath);
	span_cut(rest, '?', &text, &qualifiers);
	if (!span_cut(text, '/', &type, &rest))
		return false;
	ptrdiff_t at = span_find_last(rest, '@'), slash = span_find_last(rest, '/');
	span version = at > 0 && at > slash ? cut_last(&rest, '@') : SPAN("");
	while (span_ends(rest, "/"))
		rest.len--;
	span name = span_find(rest, '/') < 0 ? rest : cut_last(&rest, '/'), name_space = name.ptr == rest.ptr ? SPAN("") : rest;
	*purl = (struct purl){type_of(arena, type), decode(arena, name_space), decode(arena, name), decode(arena, version),
	                      span_copy(arena, qualifiers)};
	return purl->type && purl->name_space && purl->name && *purl->name && purl->version && purl->qualifiers;
}

const char *purl_qualifier(struct arena *arena, const struct purl *purl, const char *key)
{
	span rest = span_of(purl->qualifiers), pair, name, value;
	while (span_next(&rest, '&', &pair)) {
		span_cut(pair, '=', &name, &value);
		if (!span_is_nocase(name, key))
			continue;
		const char *decoded = decode(arena, value);
		return decoded ? decoded : "";
	}
	return "";
}
