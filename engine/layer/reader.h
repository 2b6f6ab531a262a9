/* what a reader is asked: one reader for each package database or language */
#ifndef TARSIER_LAYER_READER_H
#define TARSIER_LAYER_READER_H

#include "layer/reader_output.h"

struct evidence {
	span path;    /* inside the image, cleaned, no leading slash */
	span content; /* the whole file, or its head */
	span beside;  /* the reader's `beside`; else empty */
};

/* A file that is pushed to its reader piece by piece. Lives from begin() to end(). */
struct evidence_stream {
	span path;                    /* as in struct evidence */
	uint64_t size;                /* bytes that the layer says the file has */
	uint32_t mode;                /* its permission bits, which an archive need not have set right */
	struct reader_output *output;
	struct arena *work;           /* memory for the time of this file, limited to reader->work. Freed without a call to the
	                               * reader: what the reader opens must keep all that it allocates in here (zlib: zalloc) */
	uint64_t *unpackable;         /* bytes that readers may still unpack of all files of this layer. A reader of archives counts
	                               * them down, and stops at 0: many small bombs cost as little as a large one */
	void *state;                  /* the reader's own, NULL until it sets it */
};

/* A regular file that no pattern wants, for a reader to claim. */
struct claim {
	span path;
	uint64_t size;
	uint32_t mode;
	span head;                    /* the first CLAIM_HEAD bytes */
};

/* A name that no program gives to a file: a folder's entry in an index, which goes where the folder goes. */
#define EVIDENCE_FOLDER "\x7f"

enum { CLAIM_HEAD = 64 };         /* holds the magic and the kind of every executable. Shorter files are not offered */

/*
 * A reader takes its files whole (`read`) or as a stream (`begin`, `feed`, `end`). All of these functions run in several
 * threads at once, on hostile bytes, and must not touch anything but their arguments. What is added to the output before
 * one of them fails is dropped: the file then has a problem, and the scan goes on.
 */
struct reader {
	const char *name;            /* "dpkg" */
	unsigned version;            /* raised whenever it finds something else in the same bytes: part of the cache's key */
	// Patterns, NULL-terminated: "var/lib/dpkg/status", "var/lib/dpkg/status.d/*", "**/*.dist-info/METADATA". A star
	// stays inside one component; a leading "**/" stands for any depth, none included.
	const char *const *evidence;
	size_t limit;                /* bytes the evidence may have; a larger file is LIMIT. A stream may allow SIZE_MAX */
	bool head;                   /* only the first `limit` bytes are read; larger files are fine */
	bool keep;                   /* the layer index keeps the content itself: what is read only when all layers are known.
	                              * Not for streams */
	bool folders;                /* a pattern whose last component is EVIDENCE_FOLDER stands for the folder before it, if
	                              * entries lie in that folder: read() gets such a path and no content */
	bool secondary;              /* its packages count only if no reader without this mark has found them */
	bool optional;               /* a file that cannot be read hides no package: it says more about packages found elsewhere */
	bool component;              /* the evidence itself is what is delivered, an archive or an executable, and is hashed if the
	                              * scan asks for it: layer_options.want_hashes. Only for streams */
	bool order;                  /* it reads nothing: the layer index keeps when entries of any kind had their turn at these
	                              * paths (struct layer_other) */
	/* What another file says about the evidence. It is known only when the layers are laid over each other: for another look
	 * at the layers, with a copy of the reader that has this (scan/logs.c). */
	span beside;
	/* Called once a file, with all of it. */
	int (*read)(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error);

	/* Or a stream. begin() is called once a file, feed() for each piece in order (of 1 byte to some 100 KiB: pieces end
	 * anywhere), end() once after the last, or after feed() returned more than 0, which means that it needs no more. After
	 * a negative code nothing is called. The pieces are borrowed for the call. */
	size_t work;                 /* bytes that file->work may hand out; more is LIMIT. Above 8 MiB, large files are read one
	                              * at a time */
	int (*begin)(struct evidence_stream *file, struct tarsier_error *error);
	int (*feed)(struct evidence_stream *file, span piece, struct tarsier_error *error);
	int (*end)(struct evidence_stream *file, struct tarsier_error *error);

	/* Does the reader want this file, which no pattern wants? Called for every regular file of a layer: it must decide in a
	 * few comparisons. The first reader by name that claims a file gets it. Claimed files without packages or notes leave
	 * nothing in the index. NULL: it claims none. */
	bool (*claims)(const struct claim *file);
};

/* Whether the reader asks for exactly this path, not for all that a pattern with a star matches. */
bool reader_names(const struct reader *reader, span path);
/* Whether the reader expects a file at this path, as a system's database is, and does not just take its name at any depth. */
bool reader_expects(const struct reader *reader, const char *path);

/* All readers, NULL-terminated: the build makes the table from inventory/readers/, and inventory/inventory.c defines
 * it. */
extern const struct reader *const readers_all[];

/* "dpkg:3 python:1 …": the readers and their versions, a part of the layer cache's key. NULL: out of memory. */
char *readers_fingerprint(struct arena *arena, const struct reader *const *readers);

#endif
