/* the members of an archive that holds images, wherever it comes from */
#ifndef TARSIER_IMAGE_ARCHIVE_MEMBERS_H
#define TARSIER_IMAGE_ARCHIVE_MEMBERS_H

#include "image/image.h"

/* A plain tar in a regular file is scanned once, from header to header, and its members are read where they lie:
 * layers in parallel. What is compressed as a whole, or comes through a pipe, is read once from end to end: what
 * looks like a layer is indexed as it passes, small JSON documents are kept, and only then is it known what belongs
 * together. */
struct member {
	const char *path, *link;       /* link: the target as written, "" where the data is the member's own */
	bool hard;                     /* a hard link: its target counts from the root */
	uint64_t offset, size;
	size_t order;
	span content;                  /* kept in passing; ptr NULL: not */
	struct layer_index *index;     /* made in passing; the archive's */
	struct tarsier_error *problem; /* why it has neither; NULL: there is none */
};

struct image_archive {
	struct arena *arena;
	const char *name;
	const struct layer_options *options;
	int fd;
	bool passing;
	struct member *members;        /* sorted by path once all are known */
	size_t count, capacity;
	size_t name_bytes, kept_bytes, layers, index_bytes;
};

/* `path` "" is standard input. *archive lies in the arena; image_archive_close gives back the rest. */
int image_archive_open(struct arena *arena, const char *path, const struct layer_options *options,
                       struct image_archive **archive, struct tarsier_error *error);
/* The same for an archive that comes as a stream, which this closes. `wants_blobs`: it goes through a nameless file, so that
 * its members can be read afterwards. `name` is for messages. */
int image_archive_open_stream(struct arena *arena, struct stream *stream, const char *name, bool wants_blobs,
                              const struct layer_options *options, struct image_archive **archive,
                              struct tarsier_error *error);
void image_archive_close(struct image_archive *archive); /* NULL is fine */

/* Follows links among members, at most 40 (as Linux), and none that leads outside. NOT_FOUND, FORMAT. */
int image_archive_find(struct image_archive *archive, const char *path, struct member **member,
                       struct tarsier_error *error);
bool image_archive_has(struct image_archive *archive, const char *path);
/* A JSON document, all of it; LIMIT above IMAGE_DOCUMENT_LIMIT. */
int image_archive_read(struct image_archive *archive, const char *path, struct buffer *into,
                       struct tarsier_error *error);

/* The image's layers have members as their places: makes them readable, or, where they were indexed in passing,
 * checks what was measured against what was promised. Takes over the archive whatever comes of it. */
int image_archive_settle(struct image_archive *archive, struct image *image, struct tarsier_error *error);

/* image_archive_scan.c: fill archive->members, from the file's headers or from the stream as it passes. */
int image_archive_scan_file(struct image_archive *archive, uint64_t size, struct tarsier_error *error);
/* Closes the stream. */
int image_archive_scan_passing(struct image_archive *archive, struct stream *stream, struct tarsier_error *error);

#endif
