/* layers laid over each other by the OCI rules */
#ifndef TARSIER_LAYER_OVERLAY_H
#define TARSIER_LAYER_OVERLAY_H

#include "layer/layer.h"

/* Evidence that the topmost view of the image shows. */
struct overlay_file {
	const char *path;                  /* resolved; for readers that keep content, once more under each link that leads here */
	const struct reader *reader;
	const struct layer_file *file;     /* as the layer that shows it has it */
	size_t layer;                      /* that layer */
	const struct overlay_file *before; /* the same path as the layers below show it; NULL where they do not */
};

struct overlay_want { /* evidence behind a link, where no pattern looked: a second pass must bring it */
	const char *target;                /* a pattern as evidence.h has them, resolved inside the image */
	const struct reader *reader;
};

struct overlay {
	const struct overlay_file **files; /* sorted by path */
	size_t file_count;
	struct overlay_want *wants;
	size_t want_count;
};

/* Lays `count` layers, bottom first, by the OCI image specification (layer.md: "Whiteouts", "Applying changesets"): a
 * whiteout deletes what is below it in the layers below, an opaque directory hides their content, an entry replaces what
 * stood at its path, a file where a directory stood hides all that was in it, and an entry's parents are resolved through
 * the symlinks that are there. Links are resolved inside the image: at most 40 a path, as Linux does, and ".." never
 * leaves the root. OK, MEMORY, LIMIT. */
int overlay_build(struct arena *arena, const struct layer_index *const *layers, size_t count,
                  const struct reader *const *readers, const struct path_match *patterns, struct overlay *overlay,
                  struct tarsier_error *error);

/* The file shown at exactly this path, or NULL. */
const struct overlay_file *overlay_find(const struct overlay *overlay, const char *path);

#endif
