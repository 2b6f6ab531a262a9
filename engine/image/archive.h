/* an image in an archive of either layout: docker save's or OCI's */
#ifndef TARSIER_IMAGE_ARCHIVE_H
#define TARSIER_IMAGE_ARCHIVE_H

#include "image/image.h"

enum archive_layout { ARCHIVE_ANY, ARCHIVE_OCI };

/* The whole of a source's open(): reference->path "" is standard input. */
int archived_image_open(const struct reference *reference, enum archive_layout wanted,
                        const struct source_options *options, struct image *image, struct tarsier_error *error);

/* Likewise for an archive that comes as a stream, which this closes; `name` is for messages. */
int archived_image_open_stream(struct stream *stream, const char *name, const struct reference *reference,
                               const struct source_options *options, struct image *image, struct tarsier_error *error);

/* Whether a file's first bytes look like an archive, compressed or not. */
bool archived_image_accepts(span head);

#endif
