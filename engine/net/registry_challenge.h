/* the authentication scheme that a registry's 401 asks for */
#ifndef TARSIER_NET_REGISTRY_CHALLENGE_H
#define TARSIER_NET_REGISTRY_CHALLENGE_H

#include "net/http.h"

/*	WWW-Authenticate = challenge *("," challenge)          RFC 9110, 11.6.1
 *	challenge        = scheme [parameter *("," parameter)]
 *	parameter        = token "=" (token | quoted-string)
 *
 * A token without "=" starts the next challenge. */
struct registry_challenge {
	bool basic, bearer;
	const char *realm, *service; /* of Bearer; "" */
};

/* Parses all challenges of all WWW-Authenticate headers. Returns false if memory ran out. */
bool registry_challenge_read(struct arena *arena, const struct http_response *refusal, struct registry_challenge *challenge);

/* Whether a registry at `origin` may send us to `realm` for a token:
 *
 *	- never from https to what is not https;
 *	- with a password or an identity token (`secret`) to another host only if both use https. Otherwise, an attacker on a
 *	  plain connection could name a server of their own. All loopback addresses count as one host. */
bool registry_realm_is_allowed(const char *origin, const char *realm, bool secret);

#endif
