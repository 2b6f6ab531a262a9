/* one pass over a layer, and what is kept of it */
#ifndef TARSIER_LAYER_LAYER_H
#define TARSIER_LAYER_LAYER_H

#include "format/digest.h"
#include "layer/path_match.h"
#include "layer/reader.h"
#include "stream/stream.h"
#include "stream/tar.h"

#include <semaphore.h>
#include <stdatomic.h>

struct layer_file { /* a regular file that a reader wanted */
	const char *path;
	const struct reader *reader;
	const struct package *packages;
	size_t package_count;
	const uint64_t *owned; /* path_hash() of files that these packages installed, as reader_output has them */
	size_t owned_count;
	const char *owner;   /* whose `owned` is, in a list of files; NULL: these packages' */
	const char *licenses; /* the owner's; NULL: it states none */
	const uint32_t *functions; /* of a Go executable: sorted hashes of their names; or NULL */
	size_t function_count;
	const char *release; /* the distribution that a bill of materials is of, as os-release; or NULL */
	const char *sha512;  /* of the whole file, in lower-case hex; NULL: was not asked for, the reader has no components, or
	                      * the file could not be read to its end */
	const struct reader_note *notes; /* entries that gave no package */
	size_t note_count;
	span content;        /* if reader->keep; else empty */
	const char *problem; /* why the reader could not read it; NULL if it could */
	bool missing;        /* … because it is no regular file, or a link to none; the problem says what it is */
	bool directory;      /* … but a directory, which hides nothing below it */
	uint32_t sequence;   /* number of its entry in the tar, from 1 */
	bool gone;           /* a later entry took its place, or its folder's: it is here for the entries between the two */
};

struct layer_link { /* every symlink; hard links, except those to files of the same layer that are no evidence */
	const char *path, *target; /* target as written; a hard link's is a path from the root */
	bool hard;
	uint32_t sequence;         /* number of its entry in the tar, from 1 */
	bool gone;                 /* as of a file */
	bool used;                 /* later entries of its layer lie below it, or are hard links to it or to what lies below */
};

struct layer_other { /* an entry of which nothing else is kept, but whose turn in the tar matters */
	const char *path;
	bool directory;
	uint32_t sequence; /* number of its entry in the tar, from 1 */
};

struct layer_whiteout {
	const char *path;  /* what ".wh.NAME" deletes from the layers below, or the folder whose content below is hidden */
	bool opaque;       /* the latter: ".wh..wh..opq" */
	bool used;         /* earlier entries of its layer lie below NAME, or in the folder */
	uint32_t sequence; /* number of its entry in the tar, from 1 */
};

struct layer_entry { /* a file or a folder, if they are listed */
	const char *path;
	uint64_t size;
	uint32_t mode;
	char type;         /* as of a tar_entry: '0' or '5' */
};

struct layer_secret { /* if they are wanted */
	const char *path, *kind; /* secrets.h */
	uint64_t offset;         /* in the file */
};

/* What a layer adds and deletes: all that the overlay needs, and all that the cache keeps. Immutable once made. */
struct layer_index {
	struct arena arena;           /* holds everything below */
	unsigned holders;             /* besides the first owner */
	struct digest blob, diff_id;  /* as measured; diff_id is empty if it was not */
	uint64_t blob_size, tar_size, entries;
	/* In the order of the tar. If it holds a path twice, the last entry wins, and only that one is here. */
	struct layer_file *files;
	size_t file_count;
	struct layer_link *links;
	size_t link_count;
	/* Entries through links of this layer, and those that take the place of what it keeps, of a folder above that, or of
	 * what a hard link is to. Some are among the files and links too. */
	struct layer_other *others;
	size_t other_count;
	struct layer_whiteout *whiteouts;
	size_t whiteout_count;
	uint64_t *taken;              /* sorted path_hash() of every entry: what hides the layers below by being there */
	size_t taken_count;
	uint64_t *folders;            /* sorted path_hash() of folders that entries lie in and that have no directory entry, or
	                               * had none when the first of these came */
	size_t folder_count;
	uint64_t *repeated;           /* sorted path_hash() of paths that a kept entry shares with others, directories apart, of
	                               * which only this is known: in most layers none */
	size_t repeated_count;
	struct layer_entry *listing;  /* in the order of the tar, with what later entries replace; only with want_listing */
	size_t listing_count;
	struct layer_secret *secrets; /* in the order of the tar, at most LAYER_SECRETS_LIMIT; only with want_secrets */
	size_t secret_count;
};

/* 64-bit hash of a path. Its lowest bit is 1 for a directory and 0 for anything else. */
uint64_t path_hash(span path, bool directory);
bool layer_has(const struct layer_index *index, span path, bool directory);
/* True if entries lie below this path and the layer has no entry at the path itself: it may be a link of a lower
 * layer. */
bool layer_passes(const struct layer_index *index, span path);
/* An empty index with an arena of its own, for layer_read and the cache. NULL: no memory. */
struct layer_index *layer_index_new(const struct tarsier_allocator *allocator);
/* The output of a reader becomes the file's; the file borrows from the output's arena. */
void layer_file_set(struct layer_file *file, const struct reader_output *output);
/* Adds an owner, in the same thread. Each owner must free it. */
struct layer_index *layer_index_hold(struct layer_index *index);
void layer_index_free(struct layer_index *index); /* NULL is allowed */

enum {
	LAYER_ENTRIES_LIMIT = 5 * 1000 * 1000, /* large layers have a million; 8 bytes each, for a moment twice */
	LAYER_INDEX_LIMIT = 96 * 1024 * 1024,  /* bytes kept of a layer: half a million links, 70,000 packages */
	LAYER_SECRETS_LIMIT = 1000,            /* a list that a person reads has ten */
	LAYERS_KEPT_LIMIT = 96 * 1024 * 1024,  /* … and of all layers of an image together: there may be a thousand */
};
#define LAYER_TAR_LIMIT (UINT64_C(128) << 30) /* bytes of a layer, inflated: a minute or two of work, and no more */

struct layer_options {
	const struct path_match *patterns;
	const struct tarsier_allocator *allocator;
	bool want_listing;            /* keep path, mode and size of every file and folder */
	bool want_secrets;            /* search regular files for secrets, except sparse ones */
	bool want_hashes;             /* measure layer_file.sha512 */
	bool want_diff_id;            /* measure (and, where expected, check) the uncompressed digest */
	unsigned threads;             /* 1: everything in this thread; more: read+hash | inflate | hash+walk over rings */
	atomic_uint_fast64_t *bytes;  /* counts compressed bytes, for progress; or NULL */
	const atomic_bool *cancelled; /* or NULL */
	atomic_uint_fast64_t *kept;   /* counts what is kept of all layers, up to LAYERS_KEPT_LIMIT; or NULL */
	sem_t *large;                 /* of 1: one large piece of evidence at a time, over all layers; or NULL */
	uint64_t tar_limit;           /* bytes that a layer may inflate to, and its archives besides; 0: LAYER_TAR_LIMIT */
};

struct layer_expected {           /* what the manifest and the config promise; empty and UINT64_MAX: no promise */
	struct digest blob, diff_id;
	uint64_t size;
};

/* Reads the blob to its end (in another thread, perhaps) and closes it, in any case. A blob that is not what was
 * promised is DIGEST, which names what was expected and what was found, whatever else went wrong with it after. A
 * reader's failure is kept as layer_file.problem and is not a failure here. *index is owned: layer_index_free; NULL
 * on failure. */
int layer_read(struct stream *blob, const struct layer_expected *expected, const struct layer_options *options,
               struct layer_index **index, struct tarsier_error *error);

/* The tar half of it, for whoever pushes uncompressed bytes: dir sources and tests. */
struct layer_builder;
int layer_builder_new(const struct layer_options *options, struct layer_builder **builder, struct tarsier_error *error);
int layer_builder_push(struct layer_builder *builder, span tar_bytes, struct tarsier_error *error);
/* Entries given one by one instead (a directory on disk), with paths as tar_entry has them; ".wh." means nothing here.
 * Of a file's entry, path, size and mode are read. `content` belongs to the caller; its head is read if a reader may
 * claim the file, and all of it only if a reader wants it. NULL: no reader does. What cannot be read is
 * layer_file.problem. */
int layer_builder_file(struct layer_builder *builder, const struct tar_entry *entry, struct stream *content,
                       struct tarsier_error *error);
int layer_builder_link(struct layer_builder *builder, span path, span target, bool hard, struct tarsier_error *error);
int layer_builder_directory(struct layer_builder *builder, span path, struct tarsier_error *error);
/* What is none of these (a device, a FIFO), or could not be looked at: a problem if a reader wants the path. `what`
 * says what it is. */
int layer_builder_odd(struct layer_builder *builder, span path, const char *what, struct tarsier_error *error);
/* Frees the builder, in any case. */
int layer_builder_finish(struct layer_builder *builder, struct layer_index **index, struct tarsier_error *error);
void layer_builder_free(struct layer_builder *builder); /* NULL is allowed */

#endif
