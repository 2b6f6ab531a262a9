/* floor 3: layers laid over each other by the OCI rules */
#ifndef TARSIER_OVERLAY_H
#define TARSIER_OVERLAY_H

#include "layer.h"

/* Evidence that the topmost view of the image shows. */
struct overlay_file {
	const char *path;                  /* where it was looked for: a link's own path where a link led to it */
	const struct reader *reader;
	const struct layer_file *file;     /* as the layer that shows it has it */
	size_t layer;                      /* that layer */
	const struct overlay_file *before; /* the same path as the layers below show it; NULL where they do not */
};

struct overlay_want { /* a link that is evidence, and leads to a file that no pattern wanted */
	const char *link, *target; /* both resolved inside the image */
	const struct reader *reader;
};

struct overlay {
	const struct overlay_file **files; /* sorted by path */
	size_t file_count;
	struct overlay_want *wants;        /* what a second look at the layers must bring */
	size_t want_count;
};

/* Symlinks are resolved inside the image: at most 40 a path (as Linux), ".." never leaves the root. */
int overlay_build(struct arena *arena, const struct layer_index *const *layers, size_t count, const struct matcher *matcher,
                  struct overlay *overlay, struct tarsier_error *error);

#endif
