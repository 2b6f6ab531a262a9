/* an OCI image layout, in a folder or in an archive */
#ifndef TARSIER_IMAGE_LAYOUT_H
#define TARSIER_IMAGE_LAYOUT_H

#include "image/image.h"

struct layout {
	/* Reads a whole small file. Fails with NOT_FOUND, and with LIMIT above IMAGE_DOCUMENT_LIMIT. */
	int (*read)(const struct layout *layout, const char *path, struct buffer *into, struct tarsier_error *error);
	/* Returns a blob's size and its location in the source's own form. Fails with NOT_FOUND. */
	int (*find)(const struct layout *layout, const char *path, uint64_t *size, void **location,
	            struct tarsier_error *error);
	void *user;
};

/* Chooses an image, verifies its manifest and config, and finds its layers, which are not read. */
int layout_open(const struct layout *layout, const struct reference *reference, const struct source_options *options,
                struct image *image, struct tarsier_error *error);

/* Finds the manifest with this config among those of an index.json. *found is false if there is none. */
int layout_find_config(const struct layout *layout, const struct digest *config, struct image *image, bool *found,
                       struct tarsier_error *error);

enum { BLOB_PATH = 160 };
void layout_blob_path(const struct digest *digest, char path[BLOB_PATH]); /* "blobs/sha256/…" */

#endif
