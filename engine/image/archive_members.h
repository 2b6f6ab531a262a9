/* the members of an archive of images, from a file or a stream */
#ifndef TARSIER_IMAGE_ARCHIVE_MEMBERS_H
#define TARSIER_IMAGE_ARCHIVE_MEMBERS_H

#include "image/image.h"

/* In a plain tar in a regular file, only the headers are scanned, and members are then read in place, layers in parallel.
 * An archive that is compressed as a whole, or comes through a pipe, is read once from end to end: whatever looks like a
 * layer is indexed as it passes and small JSON documents are kept, because the manifest that connects them may come
 * last. */
struct member {
	const char *path, *link;       /* link: the target as written, "" for a member with its own data */
	bool hard;                     /* a hard link: its target is relative to the root */
	uint64_t offset, size;
	size_t order;
	span content;                  /* of a document kept from a stream; otherwise ptr is NULL */
	struct layer_index *index;     /* of a layer indexed from a stream; owned by the archive */
	struct tarsier_error *problem; /* why it has neither; or NULL */
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
void image_archive_close(struct image_archive *archive); /* NULL is allowed */

/* Follows links among members, at most 40 (as Linux does), and none that leads outside. Fails with NOT_FOUND and FORMAT. */
int image_archive_find(struct image_archive *archive, const char *path, struct member **member,
                       struct tarsier_error *error);
bool image_archive_has(struct image_archive *archive, const char *path);
/* Reads a whole JSON document. Fails with LIMIT above IMAGE_DOCUMENT_LIMIT. */
int image_archive_read(struct image_archive *archive, const char *path, struct buffer *into,
                       struct tarsier_error *error);

/* The locations of the image's layers are members: makes them readable, or, if they were indexed from a stream, compares
 * the measured digests and sizes with the promised ones. Takes ownership of the archive, also on failure. */
int image_archive_settle(struct image_archive *archive, struct image *image, struct tarsier_error *error);

/* image_archive_scan.c: fill archive->members, from the file's headers or from the stream as it passes. */
int image_archive_scan_file(struct image_archive *archive, uint64_t size, struct tarsier_error *error);
/* Closes the stream. */
int image_archive_scan_passing(struct image_archive *archive, struct stream *stream, struct tarsier_error *error);

#endif
