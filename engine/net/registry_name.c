#include "net/registry_name.h"

#include "format/url.h"

#include <string.h>

enum { LONGEST_PATH = 255, LONGEST_TAG = 128 };

static const char hub[] = "docker.io", hub_host[] = "registry-1.docker.io", hub_library[] = "library/";

/* ---- the grammar's letters --------------------------------------------------------------------------------------- */

static bool is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_word(char c)
{
	return is_lower(c) || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_one_of(char c, const char *letters)
{
	return c && strchr(letters, c);
}

static bool is_number(span text)
{
	uint64_t number;
	return span_number(text, &number) && number > 0 && number <= UINT16_MAX;
}

/* tag = [\w][\w.-]{0,127} */
static bool is_tag(span text)
{
	if (text.len == 0 || text.len > LONGEST_TAG || !is_word(text.ptr[0]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_word(text.ptr[i]) && text.ptr[i] != '.' && text.ptr[i] != '-')
			return false;
	return true;
}

/* Between two words: "." | "_" | "__" | "-"… */
static size_t separator_length(span text)
{
	size_t length = 0;
	if (text.ptr[0] == '-')
		while (length < text.len && text.ptr[length] == '-')
			length++;
	else if (text.ptr[0] == '_')
		length = text.len > 1 && text.ptr[1] == '_' ? 2 : 1;
	else if (text.ptr[0] == '.')
		length = 1;
	return length;
}

/* component = [a-z0-9]+ (separator [a-z0-9]+)* */
static bool is_component(span text)
{
	for (;;) {
		size_t word = 0;
		while (word < text.len && is_lower(text.ptr[word]))
			word++;
		if (word == 0 || word == text.len)
			return word > 0;
		text = span_from(text, word);
		size_t separator = separator_length(text);
		if (separator == 0)
			return false;
		text = span_from(text, separator);
	}
}

static bool is_path(span text)
{
	span component;
	if (text.len == 0 || text.len > LONGEST_PATH || text.ptr[text.len - 1] == '/')
		return false;
	while (span_next(&text, '/', &component))
		if (!is_component(component))
			return false;
	return true;
}

/* An IPv6 address is written in brackets. */
static bool is_host(span host)
{
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
		for (size_t i = 1; i + 1 < host.len; i++)
			if (!is_one_of(host.ptr[i], "0123456789abcdefABCDEF:."))
				return false;
		return true;
	}
	for (size_t i = 0; i < host.len; i++)
		if ((!is_word(host.ptr[i]) && host.ptr[i] != '-' && host.ptr[i] != '.') || host.ptr[i] == '_')
			return false;
	return host.len > 0 && host.ptr[0] != '-' && host.ptr[0] != '.';
}

static void split_port(span domain, span *host, span *port, bool *has_port)
{
	ptrdiff_t colon = span_find_last(domain, ':'), bracket = span_find_last(domain, ']');
	*has_port = colon >= 0 && colon > bracket;
	*host = *has_port ? (span){domain.ptr, (size_t)colon} : domain;
	*port = *has_port ? span_from(domain, (size_t)colon + 1) : (span){"", 0};
}

static bool is_domain(span text)
{
	span host, port;
	bool has_port;
	split_port(text, &host, &port, &has_port);
	return is_host(host) && (!has_port || is_number(port));
}

/* ---- its parts --------------------------------------------------------------------------------------------------- */

struct name_parts {
	span domain, path, tag, digest;
	bool has_tag, has_digest;
};

/* The first component is a domain if it is not a valid path component. */
static bool names_domain(span first)
{
	return span_find(first, '.') >= 0 || span_find(first, ':') >= 0 || span_is(first, "localhost");
}

static struct name_parts split(span text)
{
	struct name_parts parts = {.domain = {"", 0}, .tag = {"", 0}, .digest = {"", 0}};
	span first, rest;
	ptrdiff_t at = span_find(text, '@');
	if (at >= 0) {
		parts.digest = span_from(text, (size_t)at + 1);
		parts.has_digest = true;
		text.len = (size_t)at;
	}
	ptrdiff_t colon = span_find_last(text, ':');
	if (colon > span_find_last(text, '/')) { /* a colon before the last slash belongs to a port */
		parts.tag = span_from(text, (size_t)colon + 1);
		parts.has_tag = true;
		text.len = (size_t)colon;
	}
	if (span_cut(text, '/', &first, &rest) && names_domain(first)) {
		parts.domain = first;
		text = rest;
	}
	parts.path = text;
	return parts;
}

static int check(span text, const struct name_parts *parts, struct tarsier_error *error)
{
	if (parts->domain.len && !is_domain(parts->domain))
		return error_set(error, TARSIER_USAGE, "%.*s: \"%.*s\" is not a valid registry host", SPAN_ARG(text),
		                 SPAN_ARG(parts->domain));
	if (!is_path(parts->path))
		return error_set(error, TARSIER_USAGE,
		                 "%.*s: \"%.*s\" is not a valid repository name: use lower-case letters and digits, with \".\", "
		                 "\"_\" or \"-\" between them, and \"/\"", SPAN_ARG(text), SPAN_ARG(parts->path));
	if (parts->has_tag && !is_tag(parts->tag))
		return error_set(error, TARSIER_USAGE, "%.*s: \"%.*s\" is not a valid tag", SPAN_ARG(text), SPAN_ARG(parts->tag));
	return TARSIER_OK;
}

static bool is_loopback(span domain)
{
	span host, port;
	bool has_port;
	split_port(domain, &host, &port, &has_port);
	return host_is_loopback(host);
}

static bool is_hub(span domain)
{
	return domain.len == 0 || span_is(domain, hub) || span_is(domain, "index.docker.io") || span_is(domain, hub_host);
}

static bool fill_address(struct arena *arena, const struct name_parts *parts, struct registry_name *name)
{
	bool on_hub = is_hub(parts->domain);
	const char *library = on_hub && span_find(parts->path, '/') < 0 ? hub_library : "";
	name->domain = on_hub ? hub : span_copy(arena, parts->domain);
	name->host = on_hub ? hub_host : name->domain;
	name->path = arena_format(arena, "%s%.*s", library, SPAN_WHOLE(parts->path));
	name->tag = !parts->has_tag && !parts->has_digest ? "latest" : span_copy(arena, parts->tag);
	name->loopback = is_loopback(parts->domain);
	return name->domain && name->path && name->tag;
}

/* Without what is understood: docker.io, and "library/" before a single component. */
static const char *familiar_path(struct arena *arena, const struct registry_name *name)
{
	span path = span_of(name->path), first, rest;
	bool several = span_cut(path, '/', &first, &rest);
	if (name->host != hub_host)
		return arena_format(arena, "%s/%s", name->domain, name->path);
	if (several && span_starts(path, hub_library) && span_find(rest, '/') < 0)
		return name->path + strlen(hub_library);
	return several && names_domain(first) ? arena_format(arena, "%s/%s", hub, name->path) : name->path;
}

static bool fill_familiar(struct arena *arena, struct registry_name *name)
{
	const char *path = familiar_path(arena, name);
	const char *separator = *name->tag ? ":" : "@";
	name->familiar = path ? arena_format(arena, "%s%s%s", path, separator, *name->tag ? name->tag : name->digest.text) : NULL;
	return name->familiar != NULL;
}

int registry_name_parse(struct arena *arena, span text, struct registry_name *name, struct tarsier_error *error)
{
	struct name_parts parts = split(text);
	*name = (struct registry_name){.tag = ""};
	int code = check(text, &parts, error);
	if (code >= 0 && parts.has_digest && (code = digest_parse(parts.digest, &name->digest, error)) < 0)
		error_prefix(error, "%.*s", SPAN_ARG(text));
	if (code < 0)
		return code;
	return fill_address(arena, &parts, name) && fill_familiar(arena, name) ? TARSIER_OK : error_memory(error);
}

bool registry_name_has_domain(span text)
{
	struct name_parts parts = split(text);
	return parts.domain.len && check(text, &parts, NULL) >= 0;
}
