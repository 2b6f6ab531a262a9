/* the archives that `docker save` writes, by their manifest.json */
#ifndef TARSIER_IMAGE_DOCKER_SAVE_H
#define TARSIER_IMAGE_DOCKER_SAVE_H

#include "image/archive_members.h"
#include "image/layout.h"

/* Chooses an image by the names and configs of manifest.json, and by the platform if several have the same name, and
 * verifies its config. Entries that are not images are ignored if there is an image. If the archive is also an OCI layout
 * (`layout` not NULL: Docker since 25), the image's manifest is found and verified as well, and both must agree. */
int docker_save_open(struct image_archive *archive, const struct layout *layout, const struct reference *reference,
                     const char *platform, struct image *image, struct tarsier_error *error);

#endif
