/* which log-in a registry's refusal asks for */
#ifndef TARSIER_NET_REGISTRY_CHALLENGE_H
#define TARSIER_NET_REGISTRY_CHALLENGE_H

#include "net/http.h"

/*	WWW-Authenticate = challenge *("," challenge)          RFC 9110, 11.6.1
 *	challenge        = scheme [parameter *("," parameter)]
 *	parameter        = token "=" (token | quoted-string)
 *
 * A word that no "=" follows begins the next challenge. */
struct registry_challenge {
	bool basic, bearer;
	const char *realm, *service; /* of Bearer; "" */
};

/* All challenges of all its headers. False: no memory. */
bool registry_challenge_read(struct arena *arena, const struct http_response *refusal, struct registry_challenge *challenge);

/* Whether a registry at `origin` may send us to `realm` for a token:
 *
 *	- never from https to what is not https;
 *	- with a password or an identity token (`secret`) to another host only if both speak https. Who listens on a plain
 *	  connection could otherwise name a server of its own. Loopback addresses are one host. */
bool registry_realm_is_allowed(const char *origin, const char *realm, bool secret);

#endif
