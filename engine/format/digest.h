/* content digests, "sha256:<64 hex>" and "sha512:<128 hex>" */
#ifndef TARSIER_FORMAT_DIGEST_H
#define TARSIER_FORMAT_DIGEST_H

#include "base/error.h"
#include "base/span.h"

/* In text form, lower-case hex; "" means that there is no digest. OCI image-spec, descriptor.md, "Digests". */
struct digest {
	char text[136];
};

bool digest_is_empty(const struct digest *digest);
bool digest_equal(const struct digest *a, const struct digest *b);

/* Accepts only the registered algorithms with the right number of lower-case hex digits. Fails with FORMAT or
 * UNSUPPORTED. */
int digest_parse(span text, struct digest *digest, struct tarsier_error *error);

/* A running hash. The algorithm is that of `like`, or sha256 if `like` is NULL or empty. */
struct hasher;
int hasher_new(const struct digest *like, struct hasher **hasher, struct tarsier_error *error);
int hasher_add(struct hasher *hasher, const void *data, size_t length); /* returns OK or MEMORY */
int hasher_finish(struct hasher *hasher, struct digest *digest, struct tarsier_error *error);
void hasher_free(struct hasher *hasher); /* NULL is allowed */

/* Checks that the bytes match a descriptor's digest and size. A size of UINT64_MAX is not checked. Fails with
 * DIGEST. */
int digest_check(span bytes, const struct digest *digest, uint64_t size, struct tarsier_error *error);
int digest_of(span bytes, struct digest *digest, struct tarsier_error *error); /* SHA-256 */

#endif
