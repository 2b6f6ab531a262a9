/* URLs: taken apart, and with bytes written as %XX */
#ifndef TARSIER_FORMAT_URL_H
#define TARSIER_FORMAT_URL_H

#include "base/span.h"

/*	url       = scheme "://" authority rest                  RFC 3986, 3
 *	authority = [user "@"] host [":" port]
 *	host      = "[" IPv6 address "]"  |  name or IPv4 address
 *	rest      = all that follows: "", "/path", "?query", "#fragment"
 *
 * Stricter than libcurl, so that both agree on the host: no control bytes or spaces anywhere, and no backslash, quote or
 * other byte that RFC 3986 leaves out in the authority. */
struct url {
	span scheme;
	span user;     /* "name:password" as written; empty if there is none */
	span host;     /* an IPv6 address without its brackets */
	span rest;
	unsigned port; /* 80 or 443 if none is written; 0 for other schemes */
};

/* False if the text is not such a URL. The spans are borrowed from it. */
bool url_split(span text, struct url *url);
/* Whether both have the same scheme, host and port. */
bool url_same_origin(const struct url *a, const struct url *b);

/* Whether the name or address says that it is this machine: "localhost", 127.0.0.0/8 or ::1, in brackets or not. */
bool host_is_loopback(span host);
bool host_equal(span a, span b); /* names are compared without regard to case */

/* A URL without its user and password, for messages. Also takes what is not quite a URL. NULL if memory ran out. */
char *url_printable(struct arena *arena, const char *url);

/* Whether RFC 3986, 2.3 says that a byte needs no encoding. */
bool url_is_unreserved(char c);
/* Writes "%XX" to out[0] to out[2]. */
void url_encode_byte(char c, char out[3]);
/* The text with all bytes but the unreserved ones and those in `keep` as %XX. NULL if memory ran out. */
char *url_encode(struct arena *arena, const char *text, const char *keep);
/* Decodes %XX; a "%" that no two hex digits follow stays. `form`: "+" is a space, as in application/x-www-form-urlencoded.
 * Bytes that would be NUL are left out. NULL if memory ran out. */
char *url_decode(struct arena *arena, span text, bool form);

#endif
