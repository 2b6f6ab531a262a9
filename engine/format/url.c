#include "format/url.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- taking apart ------------------------------------------------------------------------------------------------ */

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_scheme(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_alphanumeric(text.ptr[i]) && (i == 0 || !memchr("+-.", text.ptr[i], 3)))
			return false;
	return text.len > 0;
}

/* Bytes above 127 are in names that libcurl translates (IDN), or in paths that are not encoded. */
static bool has_none_of(span text, const char *letters)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c <= ' ' || c == 127 || strchr(letters, c))
			return false;
	}
	return true;
}

static unsigned default_port(span scheme)
{
	return span_is_nocase(scheme, "https") ? 443 : span_is_nocase(scheme, "http") ? 80 : 0;
}

static bool read_port(span text, struct url *url)
{
	uint64_t number = 0;
	url->port = default_port(url->scheme);
	if (!text.len)
		return true;
	bool good = span_number(text, &number) && number > 0 && number <= UINT16_MAX;
	url->port = (unsigned)number;
	return good;
}

static bool read_host(span text, struct url *url)
{
	span port = {"", 0};
	ptrdiff_t bracket = span_find_last(text, ']'), colon = span_find_last(text, ':');
	if (colon > bracket) {
		port = span_from(text, (size_t)colon + 1);
		text.len = (size_t)colon;
	}
	if (bracket >= 0) {
		if (text.ptr[0] != '[' || (size_t)bracket + 1 != text.len)
			return false;
		text = (span){text.ptr + 1, text.len - 2};
	} else if (span_find(text, ':') >= 0) {
		return false;
	}
	url->host = text;
	return text.len && span_find(text, '[') < 0 && read_port(port, url);
}

bool url_split(span text, struct url *url)
{
	ptrdiff_t colon = span_find(text, ':');
	*url = (struct url){.user = {"", 0}};
	if (colon < 0 || !span_starts(span_from(text, (size_t)colon), "://"))
		return false;
	url->scheme = (span){text.ptr, (size_t)colon};
	span authority = span_from(text, (size_t)colon + 3);
	size_t length = 0;
	while (length < authority.len && !strchr("/?#", authority.ptr[length]))
		length++;
	url->rest = span_from(authority, length);
	authority.len = length;
	if (!has_none_of(authority, "\\\"<>^`{|}") || !has_none_of(url->rest, ""))
		return false;
	ptrdiff_t at = span_find_last(authority, '@');
	if (at >= 0) {
		url->user = (span){authority.ptr, (size_t)at};
		authority = span_from(authority, (size_t)at + 1);
	}
	return is_scheme(url->scheme) && read_host(authority, url);
}

bool host_equal(span a, span b)
{
	bool same = a.len == b.len;
	for (size_t i = 0; same && i < a.len; i++) {
		char x = a.ptr[i], y = b.ptr[i];
		same = (x >= 'A' && x <= 'Z' ? x | 0x20 : x) == (y >= 'A' && y <= 'Z' ? y | 0x20 : y);
	}
	return same;
}

bool url_same_origin(const struct url *a, const struct url *b)
{
	return host_equal(a->scheme, b->scheme) && host_equal(a->host, b->host) && a->port == b->port;
}

bool host_is_loopback(span host)
{
	char text[INET6_ADDRSTRLEN];
	struct in_addr four;
	struct in6_addr six;
	if (host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = (span){host.ptr + 1, host.len - 2};
	if (span_is_nocase(host, "localhost"))
		return true;
	if (host.len >= sizeof text)
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	if (inet_pton(AF_INET, text, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	if (inet_pton(AF_INET6, text, &six) != 1)
		return false;
	return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

char *url_printable(struct arena *arena, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	const char *path = host + strcspn(host, "/?#");
	const char *at = memrchr(host, '@', (size_t)(path - host));
	return at ? arena_format(arena, "%.*s%s", (int)(host - url), url, at + 1) : arena_string(arena, url);
}

/* ---- %XX --------------------------------------------------------------------------------------------------------- */

void url_encode_byte(char c, char out[3])
{
	static const char digits[] = "0123456789ABCDEF";
	out[0] = '%';
	out[1] = digits[(unsigned char)c >> 4];
	out[2] = digits[(unsigned char)c & 15];
}

char *url_encode(struct arena *arena, const char *text, const char *keep)
{
	char *out = arena_array(arena, strlen(text) + 1, 3), *end = out;
	for (; out && *text; text++) {
		if (url_is_unreserved(*text) || strchr(keep, *text)) {
			*end++ = *text;
			continue;
		}
		url_encode_byte(*text, end);
		end += 3;
	}
	return out; /* zeroed by the arena, so NUL-terminated */
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char url_decode_byte(span *text)
{
	char c = text->ptr[0];
	int high = c == '%' && text->len > 2 ? hex_value(text->ptr[1]) : -1;
	int low = high >= 0 ? hex_value(text->ptr[2]) : -1;
	*text = span_from(*text, low >= 0 ? 3 : 1);
	return low >= 0 ? (char)(high << 4 | low) : c;
}

char *url_decode(struct arena *arena, span text, bool form)
{
	char *out = arena_alloc(arena, text.len + 1);
	size_t length = 0;
	while (out && text.len) {
		bool is_space = form && text.ptr[0] == '+';
		char c = url_decode_byte(&text);
		if (c)
			out[length++] = is_space ? ' ' : c;
	}
	return out;
}
