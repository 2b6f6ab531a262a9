#include "net/registry_challenge.h"

#include <string.h>

static bool is_token(char c)
{
	return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static span take_token(span *rest)
{
	size_t length = 0;
	while (length < rest->len && is_token(rest->ptr[length]))
		length++;
	span token = {rest->ptr, length};
	*rest = span_from(*rest, length);
	return token;
}

static void skip(span *rest, const char *letters)
{
	while (rest->len && strchr(letters, rest->ptr[0]))
		*rest = span_from(*rest, 1);
}

/* Parses what follows the opening quote. A string without a closing quote ends with the line. Returns NULL if memory ran
 * out. */
static char *take_quoted(struct arena *arena, span *rest)
{
	char *text = arena_alloc(arena, rest->len + 1);
	size_t length = 0, i = 0;
	for (; text && i < rest->len && rest->ptr[i] != '"'; i++) {
		if (rest->ptr[i] == '\\' && i + 1 < rest->len)
			i++;
		text[length++] = rest->ptr[i];
	}
	*rest = span_from(*rest, i + 1);
	return text;
}

static char *take_value(struct arena *arena, span *rest)
{
	if (!rest->len || rest->ptr[0] != '"')
		return span_copy(arena, take_token(rest));
	*rest = span_from(*rest, 1);
	return take_quoted(arena, rest);
}

/* Of two challenges with the same scheme, the last one counts. Returns false if memory ran out. */
static bool read_challenges(struct arena *arena, span rest, struct registry_challenge *challenge)
{
	bool in_bearer = false;
	for (;;) {
		skip(&rest, " \t,");
		span word = take_token(&rest);
		if (!word.len)
			return true;
		span after = rest;
		skip(&after, " \t");
		if (!after.len || after.ptr[0] != '=') {
			in_bearer = span_is_nocase(word, "Bearer");
			challenge->bearer = challenge->bearer || in_bearer;
			challenge->basic = challenge->basic || span_is_nocase(word, "Basic");
			continue;
		}
		rest = span_from(after, 1);
		skip(&rest, " \t");
		const char *value = take_value(arena, &rest);
		if (!value)
			return false;
		if (in_bearer && span_is_nocase(word, "realm"))
			challenge->realm = value;
		if (in_bearer && span_is_nocase(word, "service"))
			challenge->service = value;
	}
}

bool registry_realm_is_allowed(const char *origin, const char *realm, bool secret)
{
	struct url registry, server;
	if (!url_split(span_of(origin), &registry) || !url_split(span_of(realm), &server))
		return false;
	bool registry_tls = span_is_nocase(registry.scheme, "https"), server_tls = span_is_nocase(server.scheme, "https");
	if (!server_tls && (registry_tls || !span_is_nocase(server.scheme, "http")))
		return false;
	bool same_host = host_equal(registry.host, server.host) || (host_is_loopback(registry.host) && host_is_loopback(server.host));
	return !secret || same_host || (registry_tls && server_tls);
}

bool registry_challenge_read(struct arena *arena, const struct http_response *refusal, struct registry_challenge *challenge)
{
	span rest = buffer_span(&refusal->headers), line, key, value;
	*challenge = (struct registry_challenge){.realm = "", .service = ""};
	while (span_next(&rest, '\n', &line))
		if (span_cut(line, ':', &key, &value) && span_is_nocase(span_trim(key), "WWW-Authenticate") &&
		    !read_challenges(arena, span_trim(value), challenge))
			return false;
	return true;
}
