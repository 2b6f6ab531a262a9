#include "format/purl.h"

#include "format/url.h"

#include <string.h>
#include <strings.h>

enum { LOWER_NAMESPACE = 1, LOWER_NAME = 2, DASHES = 4, UNDERSCORES = 8, LOWER_BOTH = LOWER_NAMESPACE | LOWER_NAME };

/* The types with case-insensitive components; purl-spec, PURL-TYPES. */
static const struct {
	const char *type;
	unsigned rules;
} types[] = {
	{"alpm", LOWER_BOTH},      {"apk", LOWER_BOTH},     {"bitbucket", LOWER_BOTH},        {"bitnami", LOWER_NAME},
	{"composer", LOWER_BOTH},  {"deb", LOWER_BOTH},     {"github", LOWER_BOTH},           {"golang", LOWER_BOTH},
	{"hex", LOWER_BOTH},       {"npm", LOWER_BOTH},     {"luarocks", LOWER_BOTH},         {"oci", LOWER_NAME},
	{"qpkg", LOWER_NAMESPACE}, {"rpm", LOWER_NAMESPACE}, {"pub", LOWER_NAME | UNDERSCORES}, {"pypi", LOWER_NAME | DASHES},
};

static unsigned rules_of(const char *type)
{
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcasecmp(type, types[i].type) == 0)
			return types[i].rules;
	return 0;
}

/* Written twice: first with `text` NULL, to compute the length. */
struct writer {
	char *text;
	size_t length;
};

static void put(struct writer *writer, char c)
{
	if (writer->text)
		writer->text[writer->length] = c;
	writer->length++;
}

/* purl-spec, "Character encoding": a colon is not encoded. */
static bool is_plain(char c)
{
	return url_is_unreserved(c) || c == ':';
}

static void put_encoded(struct writer *writer, char c, const char *more_allowed)
{
	char encoded[3];
	if (is_plain(c) || (c && strchr(more_allowed, c))) {
		put(writer, c);
		return;
	}
	url_encode_byte(c, encoded);
	for (size_t i = 0; i < sizeof encoded; i++)
		put(writer, encoded[i]);
}

static char to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static void put_lower(struct writer *writer, const char *text)
{
	for (; *text; text++)
		put(writer, to_lower(*text));
}

static void put_all(struct writer *writer, const char *text, const char *more_allowed)
{
	while (*text) {
		size_t plain = 0;
		while (is_plain(text[plain]))
			plain++;
		if (writer->text)
			memcpy(writer->text + writer->length, text, plain);
		writer->length += plain;
		text += plain;
		if (*text)
			put_encoded(writer, *text++, more_allowed);
	}
}

/* Encodes each segment, drops empty ones and ends each with a slash. */
static void put_namespace(struct writer *writer, span name_space, unsigned rules)
{
	span segment;
	while (span_next(&name_space, '/', &segment)) {
		for (size_t i = 0; i < segment.len; i++)
			put_encoded(writer, rules & LOWER_NAMESPACE ? to_lower(segment.ptr[i]) : segment.ptr[i], "");
		if (segment.len)
			put(writer, '/');
	}
}

static void put_name(struct writer *writer, span name, unsigned rules)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = rules & LOWER_NAME ? to_lower(name.ptr[i]) : name.ptr[i];
		if (c == '_' && rules & DASHES)
			c = '-';
		else if (c == '-' && rules & UNDERSCORES)
			c = '_';
		put_encoded(writer, c, "");
	}
}

/* There are few qualifiers: an insertion sort of pointers. */
static const struct purl_qualifier **sorted(struct arena *arena, const struct purl_qualifier *qualifiers, size_t count)
{
	const struct purl_qualifier **order = arena_array(arena, count, sizeof *order);
	for (size_t i = 0; order && i < count; i++) {
		size_t at = i;
		for (; at > 0 && strcasecmp(order[at - 1]->key, qualifiers[i].key) > 0; at--)
			order[at] = order[at - 1];
		order[at] = &qualifiers[i];
	}
	return order;
}

static void put_qualifiers(struct writer *writer, const struct purl_qualifier **order, size_t count)
{
	char separator = '?';
	for (size_t i = 0; i < count; i++) {
		if (!order[i]->value || !*order[i]->value)
			continue;
		put(writer, separator);
		put_lower(writer, order[i]->key);
		put(writer, '=');
		put_all(writer, order[i]->value, "/"); /* not a separator there: the specification's tests keep it */
		separator = '&';
	}
}

/* "@angular/core" and "github.com/gorilla/mux" begin with their namespace. */
static void split_name(span *name_space, span *name)
{
	ptrdiff_t slash = span_find_last(*name, '/');
	if (name_space->len > 0 || slash < 0)
		return;
	*name_space = (span){name->ptr, (size_t)slash};
	*name = span_from(*name, (size_t)slash + 1);
}

/* purl-spec, "How to build": pkg:type/namespace/name@version?qualifiers */
char *purl_write(struct arena *arena, const char *type, const char *name_space, const char *name, const char *version,
                 const struct purl_qualifier *qualifiers, size_t count)
{
	span outer = span_of(name_space), inner = span_of(name);
	split_name(&outer, &inner);
	unsigned rules = rules_of(type);
	const struct purl_qualifier **order = sorted(arena, qualifiers, count);
	if (!order)
		return NULL;
	struct writer writer = {NULL, 0};
	for (int pass = 0; pass < 2; pass++) {
		if (pass == 1 && !(writer.text = arena_alloc(arena, writer.length + 1)))
			return NULL;
		writer.length = 0;
		put_lower(&writer, "pkg:");
		put_lower(&writer, type);
		put(&writer, '/');
		put_namespace(&writer, outer, rules);
		put_name(&writer, inner, rules);
		if (version && *version) {
			put(&writer, '@');
			put_all(&writer, version, "");
		}
		put_qualifiers(&writer, order, count);
	}
	return writer.text; /* zeroed by the arena, so NUL-terminated */
}
