/* layers laid over each other by the OCI rules */
#ifndef TARSIER_LAYER_OVERLAY_H
#define TARSIER_LAYER_OVERLAY_H

#include "layer/layer.h"

/* Evidence that the topmost view of the image shows. */
struct overlay_file {
	const char *path;                  /* resolved; if the reader keeps content, also under each link that leads here */
	const struct reader *reader;
	const struct layer_file *file;     /* as the layer that shows it has it */
	size_t layer;                      /* that layer */
	const struct overlay_file *before; /* the same path as the layers below show it; NULL where they do not */
};

struct overlay_want { /* evidence where no pattern looked: behind a link, or written through one */
	const char *target;                /* a pattern as reader.h has them, as the entries of layers are written */
	const struct reader *reader;
};

struct overlay {
	const struct overlay_file **files; /* sorted by path */
	size_t file_count;
	struct overlay_want *wants;        /* what another look at the layers must bring */
	size_t want_count;
};

/* Lays `count` layers, bottom first, by the OCI image specification (layer.md: "Whiteouts", "Applying changesets"): a
 * whiteout deletes what is below it in the layers below, an opaque directory hides their content, an entry replaces
 * what stood at its path, and something other than a directory hides all that was in the directory before. The
 * parents of an entry are resolved through the symlinks that are there when it is laid. A hard link is bound to what
 * its target is then: what becomes of the target later does not matter. Links are resolved inside the image: at most
 * 40 a path, as Linux does, and ".." never leaves the root. A link with a name that a reader wants and no file behind
 * it is shown as a `missing` file. Takes time in proportion to what is kept of the layers, within a bound. Fails with
 * MEMORY, LIMIT and, if *cancelled (which may be NULL) becomes true, CANCELLED. */
int overlay_build(struct arena *arena, const struct layer_index *const *layers, size_t count,
                  const struct reader *const *readers, const struct path_match *patterns, const atomic_bool *cancelled,
                  struct overlay *overlay, struct tarsier_error *error);

/* The file shown at exactly this path, or NULL. */
const struct overlay_file *overlay_find(const struct overlay *overlay, const char *path);

enum {
	OVERLAY_WANTS = 1000, /* at most: real images have a handful */
	OVERLAY_LOOKS = 8,    /* at the layers: the first for the patterns, others for wants; real images need two. A second
	                       * reader of one path needs a look of its own */
};

/* One index with what two looks at a layer have found, in `arena`; it borrows from both. Readers are found by name in
 * `readers`. NULL: out of memory. */
struct layer_index *layer_index_join(struct arena *arena, const struct layer_index *first,
                                     const struct layer_index *second, const struct reader *const *readers);

#endif
