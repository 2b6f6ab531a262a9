/* a bill of materials in place of an image */
#ifndef TARSIER_IMAGE_SBOM_H
#define TARSIER_IMAGE_SBOM_H

#include "image/image.h"

/* Returns true if the first bytes of a file look like SPDX, CycloneDX, or an attestation in in-toto's format. */
bool sbom_is(span head);

/* Makes the document the only file of a root file system without layers, under a name that its reader wants: the reader
 * recognises the form by the content, and tells the distribution. `path` is that of the file, for its name; `stream`, if
 * not NULL, gives the bytes in place of the file, and is closed with the image. Both must live as long as the image.
 * Returns OK or MEMORY. */
int sbom_image(struct image *image, const char *path, struct stream *stream, struct tarsier_error *error);

#endif
