/* an OCI image layout, whether its files lie in a folder or in an archive */
#ifndef TARSIER_IMAGE_LAYOUT_H
#define TARSIER_IMAGE_LAYOUT_H

#include "image/image.h"

struct layout {
	/* A small file, all of it. NOT_FOUND; LIMIT above IMAGE_DOCUMENT_LIMIT. */
	int (*read)(const struct layout *layout, const char *path, struct buffer *into, struct tarsier_error *error);
	/* How long a blob is, and the source's word for where it lies. NOT_FOUND. */
	int (*find)(const struct layout *layout, const char *path, uint64_t *size, void **location,
	            struct tarsier_error *error);
	void *user;
};

/* Chooses an image, verifies its manifest and config, and finds its layers, which are not read. */
int layout_open(const struct layout *layout, const struct reference *reference, const struct source_options *options,
                struct image *image, struct tarsier_error *error);

/* The manifest with this config among those of an index.json: *found false where there is none. */
int layout_find_config(const struct layout *layout, const struct digest *config, struct image *image, bool *found,
                       struct tarsier_error *error);

enum { BLOB_PATH = 160 };
void layout_blob_path(const struct digest *digest, char path[BLOB_PATH]); /* "blobs/sha256/…" */

#endif
