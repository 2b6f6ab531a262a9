/* files that stand out in an image: of special modes, or deleted by a later layer and still there */
#ifndef TARSIER_LAYER_LISTING_H
#define TARSIER_LAYER_LISTING_H

#include "layer/layer.h"

struct file_list {
	struct tarsier_file *items; /* in the order of the layers, and of the tar in each */
	size_t count, capacity;
};

/* Finds them in layers that were read with `want_listing`, bottom to top. Paths are borrowed from the indexes. LIMIT for
 * more than LISTING_LIMIT files in all layers. */
int listing_find(struct arena *arena, const struct layer_index *const *layers, size_t count,
                 const atomic_bool *cancelled, struct file_list *list, struct tarsier_error *error);

enum { LISTING_LIMIT = 4 * 1000 * 1000 }; /* of all layers: 200 MiB while they are compared */

#endif
