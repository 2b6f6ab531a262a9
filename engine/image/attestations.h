/* bills of materials that build tools attach to an image of an index */
#ifndef TARSIER_IMAGE_ATTESTATIONS_H
#define TARSIER_IMAGE_ATTESTATIONS_H

#include "image/image.h"

struct attestation {  /* an entry of an index */
	struct attestation *next;
	const char *subject; /* digest of the image's manifest */
	struct digest digest;
	uint64_t size;
};

/* Adds the entry to the list if it is an attestation. Its digest is empty if the entry has none,
 * or no size. Returns OK or MEMORY. */
int attestation_note(struct arena *arena, const json_t *entry, struct attestation **list, struct tarsier_error *error);

/* Puts the statements that attest an image's bill of materials behind its layers. `fetch` gets manifests. */
int image_add_statements(struct image *image, const struct attestation *list, blob_fetch *fetch, void *user,
                         struct tarsier_error *error);

#endif
