/* what a reader is asked: one reader for each package database or language */
#ifndef TARSIER_LAYER_READER_H
#define TARSIER_LAYER_READER_H

#include "layer/reader_output.h"

struct evidence {
	span path;    /* inside the image, cleaned, no leading slash */
	span content; /* the whole file, or its head */
};

struct reader {
	const char *name;            /* "dpkg" */
	unsigned version;            /* raised whenever it finds something else in the same bytes: part of the cache's key */
	// Patterns, NULL-terminated: "var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "**/*.dist-info/METADATA". A star
	// stays inside one component; a leading "**/" stands for any depth, none included.
	const char *const *evidence;
	size_t limit;                /* bytes the evidence may have; a larger file is LIMIT */
	bool head;                   /* only the first `limit` bytes are read; larger files are fine */
	bool keep;                   /* the layer index keeps the content itself: what is read only when all layers are known */
	/* Called once a file, with all of it. What it adds before it fails is dropped. Must not touch anything but its
	 * arguments: it runs in several threads at once, on hostile bytes. */
	int (*read)(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error);
};

/* Whether the reader asks for exactly this path, not for all that a pattern with a star matches. */
bool reader_names(const struct reader *reader, span path);

/* All readers, NULL-terminated: the build makes the table from inventory/readers/, and inventory/inventory.c defines
 * it. */
extern const struct reader *const readers_all[];

/* "dpkg:3 python:1 …": the readers and their versions, a part of the layer cache's key. NULL: out of memory. */
char *readers_fingerprint(struct arena *arena, const struct reader *const *readers);

#endif
