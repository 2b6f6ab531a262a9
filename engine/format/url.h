/* URLs: splitting and percent-encoding */
#ifndef TARSIER_FORMAT_URL_H
#define TARSIER_FORMAT_URL_H

#include "base/span.h"

/*	url       = scheme "://" authority rest                  RFC 3986, 3
 *	authority = [user "@"] host [":" port]
 *	host      = "[" IPv6 address "]"  |  name or IPv4 address
 *	rest      = all that follows: "", "/path", "?query", "#fragment"
 *
 * Stricter than libcurl, so that both agree on the host: control bytes and spaces are rejected everywhere; in the
 * authority also backslashes, quotes and the other bytes that RFC 3986 does not allow. */
struct url {
	span scheme;
	span user;     /* "name:password" as written; empty if there is none */
	span host;     /* an IPv6 address without its brackets */
	span rest;
	unsigned port; /* 80 or 443 if none is written; 0 for other schemes */
};

/* Returns false if the text is not such a URL. The spans are borrowed from it. */
bool url_split(span text, struct url *url);
/* Returns true if both have the same scheme, host and port. */
bool url_same_origin(const struct url *a, const struct url *b);

/* Whether the name or address says that it is this machine: "localhost", 127.0.0.0/8 or ::1, in brackets or not. */
bool host_is_loopback(span host);
bool host_equal(span a, span b); /* names are compared without regard to case */

/* Returns a URL without its user and password, for messages. Also accepts invalid URLs. Returns NULL if memory ran
 * out. */
char *url_printable(struct arena *arena, const char *url);

/* Returns true if RFC 3986, 2.3 does not require encoding of the byte. */
static inline bool url_is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.'
	       || c == '_' || c == '~';
}
/* Writes "%XX" to out[0] to out[2]. */
void url_encode_byte(char c, char out[3]);
/* Encodes all bytes as %XX except the unreserved ones and those in `keep`. Returns NULL if memory ran out. */
char *url_encode(struct arena *arena, const char *text, const char *keep);
/* Takes the first byte, or the %XX for one, from a text that is not empty; a "%" without two hex digits is a byte as it is. */
char url_decode_byte(span *text);
/* Decodes %XX; a "%" without two hex digits is kept. If `form` is true, "+" is a space, as in
 * application/x-www-form-urlencoded. Bytes that would be NUL are dropped. Returns NULL if memory ran out. */
char *url_decode(struct arena *arena, span text, bool form);

#endif
