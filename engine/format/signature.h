/* signatures by minisign's keys, and by public keys in PEM as cosign has them */
#ifndef TARSIER_FORMAT_SIGNATURE_H
#define TARSIER_FORMAT_SIGNATURE_H

#include "base/error.h"
#include "base/span.h"

/* Verifies `signature` of `bytes`. `key` is the text of minisign's public key file, or its second line alone, and `signature` of
 * a .minisig file; or `key` is a public key in PEM (ECDSA or RSA over SHA-256, Ed25519) and `signature` base64. Writes
 * minisign's trusted comment to `comment`, else "". Fails with DIGEST if the signature is wrong, and FORMAT. */
int signature_verify(span key, span signature, span bytes, char *comment, size_t size, struct tarsier_error *error);

/* Makes a signature file with the text of minisign's secret key file. `password` may be NULL if the key has none. *signature is
 * in the arena. Fails with USAGE if the password is wrong, and FORMAT. */
int signature_make(struct arena *arena, span key, const char *password, span bytes, const char *comment, char **signature,
                   struct tarsier_error *error);

#endif
