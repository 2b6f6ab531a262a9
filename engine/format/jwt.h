/* JSON Web Tokens (RFC 7519) signed with a pre-shared key */
#ifndef TARSIER_FORMAT_JWT_H
#define TARSIER_FORMAT_JWT_H

#include "base/error.h"
#include "base/span.h"

/* Returns a token signed with HMAC-SHA-256 (HS256): claims iss, iat (now), nbf and exp, a minute around now, as
 * clairctl makes them. `key` is base64 in either alphabet, with or without padding; white space around it is ignored.
 * Fails with USAGE if it is not a key; the message does not show it. */
int jwt_sign(struct arena *arena, span key, const char *issuer, int64_t now, char **token, struct tarsier_error *error);

#endif
