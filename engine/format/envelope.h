/* signed envelopes (DSSE), as cosign attaches statements about an image */
#ifndef TARSIER_FORMAT_ENVELOPE_H
#define TARSIER_FORMAT_ENVELOPE_H

#include "base/error.h"
#include "base/span.h"

enum {
	ENVELOPE_LIMIT = 16 << 20,  /* bytes of JSON: an SBOM of a large image has ten */
	ENVELOPE_SIGNATURES = 32,   /* more would let an attacker choose how long verification takes */
};

/* Opens an envelope, or the one inside a Sigstore bundle. `keys` are the texts of public keys in PEM, NULL-terminated; others are
 * passed over. *payload is in the arena, decoded whether or not a signature verifies; *key is the index of the key that one
 * verifies with, or -1. Fails with FORMAT, LIMIT, and UNSUPPORTED if the payload is not an in-toto statement. */
int envelope_open(struct arena *arena, span json, const char *const *keys, span *payload, int *key, struct tarsier_error *error);

#endif
