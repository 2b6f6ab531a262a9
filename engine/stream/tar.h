/* tar entries out of blocks of bytes that are pushed in */
#ifndef TARSIER_STREAM_TAR_H
#define TARSIER_STREAM_TAR_H

#include "base/error.h"
#include "base/span.h"

/* Reads v7, ustar, star, GNU (L, K, base-256 numbers, sparse files) and pax (x: path, linkpath, size, GNU.sparse.*).
 * Sparse files are given whole, holes as zeros. Where tar programs differ, this reader does what the container
 * engines do; else a layer could show a scanner one file and an engine another: pax global headers (g) name nothing,
 * a GNU long name wins over a pax path, what follows two zero blocks is not read, and links, folders and devices have
 * no data whatever their size says. Layers in the wild end without their zero blocks or in the middle of the last
 * padding: both are a proper end. An end inside a header or a file's data is FORMAT. */

enum {
	TAR_PATH_LIMIT = 64 * 1024,    /* bytes of a path: sixteen times what Linux can make */
	TAR_PAX_LIMIT = 1024 * 1024,   /* bytes of a pax header: the engines' own limit */
	TAR_SPARSE_LIMIT = 256 * 1024, /* pieces of a sparse file that is wanted: 4 MiB of map */
};

struct tar_entry {
	span path;   /* cleaned: no "/" at either end, no "//", no "."; "" is the root. Borrowed for the call */
	span link;   /* target of a symlink or hard link, as written (a hard link's cleaned like path) */
	char type;   /* '0' file, '1' hard link, '2' symlink, '5' directory, '3' '4' '6' devices and pipes */
	uint64_t size;
	uint32_t mode;
	bool sparse; /* a file with holes, which may be far larger than the tar that holds it */
};

struct tar_sink {
	/* An entry begins. >0: its data is wanted, 0: skip it, <0: stop with this code. A path whose ".." leads outside is
	 * never given: it is FORMAT, and so is one that holds a NUL. Only of files is data ever given. */
	int (*entry)(void *user, const struct tar_entry *entry, struct tarsier_error *error);
	/* A piece of the data wanted. 0; >0: no more of this file is wanted, and `done` is not called; or a negative code. */
	int (*data)(void *user, span piece, struct tarsier_error *error);
	/* The data wanted is complete. 0 or a negative code. */
	int (*done)(void *user, struct tarsier_error *error);
	void *user;
};

struct tar;
int tar_new(struct arena *arena, const struct tar_sink *sink, struct tar **tar, struct tarsier_error *error);
/* After a failure, nothing more may be pushed. */
int tar_push(struct tar *tar, span bytes, struct tarsier_error *error);
int tar_finish(struct tar *tar, struct tarsier_error *error); /* after the last byte */
void tar_free(struct tar *tar);                               /* NULL is allowed */
uint64_t tar_entries(const struct tar *tar);

/* For readers that seek: how many bytes before the next header may be skipped (0 if some are wanted), and skipping
 * some of them instead of pushing them. */
uint64_t tar_pending(const struct tar *tar);
int tar_skip(struct tar *tar, uint64_t length, struct tarsier_error *error);
bool tar_ended(const struct tar *tar); /* the two zero blocks were seen */

/* Cleans a path as tar_entry's are; in place if possible, else in `room`. ".." takes off the component
 * before it. FORMAT if it leads outside. */
int tar_clean_path(span raw, struct buffer *room, span *clean, struct tarsier_error *error);

#endif
