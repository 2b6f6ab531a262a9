/* which paths anyone wants, and what is asked of a reader */
#ifndef TARSIER_LAYER_PATH_MATCH_H
#define TARSIER_LAYER_PATH_MATCH_H

#include "layer/reader_output.h"

struct evidence {
	span path;    /* inside the image, cleaned, no leading slash */
	span content; /* the whole file */
};

struct reader {
	const char *name;            /* "dpkg" */
	unsigned version;            /* raised whenever it would find something else in the same bytes: part of the cache's key */
	// Patterns, NULL-terminated: "var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "**/*.dist-info/METADATA". A star
	// stays inside one component; a leading "**/" stands for any depth, none included.
	const char *const *evidence;
	size_t limit;                /* bytes the evidence may have; a larger file is LIMIT */
	bool keep;                   /* the layer index keeps the content itself: what is read only when all layers are known */
	/* Called once a file, with all of it. What it adds before it fails is dropped. Must not touch anything but its
	 * arguments: it runs in several threads at once, on hostile bytes. */
	int (*read)(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error);
};

/* All readers, NULL-terminated: the build lists the files of inventory/readers/. Defined in inventory/inventory.c. */
extern const struct reader *const readers_all[];

/* One look a path. */
struct matcher;
int matcher_new(struct arena *arena, const struct reader *const *readers, struct matcher **matcher, struct tarsier_error *error);
/* One more exact path, for links that lead to where no pattern looks. */
int matcher_add(struct matcher *matcher, const char *path, const struct reader *reader, struct tarsier_error *error);
/* The reader that wants this path, or NULL. The first by name where several do. */
const struct reader *matcher_find(const struct matcher *matcher, span path);

/* "dpkg:3 python:1 …": what the layer cache's key holds of the readers. */
char *readers_fingerprint(struct arena *arena, const struct reader *const *readers);

#endif
