/* streams of bytes: a reader pulls, and streams wrap one another */
#ifndef TARSIER_STREAM_STREAM_H
#define TARSIER_STREAM_STREAM_H

#include "base/error.h"
#include "base/span.h"

#include <sys/types.h>

/* A stream belongs to one thread at a time. If opening a stream over `inner` fails, `inner` still belongs to the
 * caller. */
struct stream {
	/* Reads up to `size` bytes into `buffer`. Returns their number, 0 at the end, or a negative code with its message. */
	ssize_t (*read)(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error);
	/* Frees what is not in the arena, and closes the stream underneath; or NULL. */
	void (*close)(struct stream *stream);
	struct tarsier_error failure;         /* of the read that failed: stream_read keeps it. Zero at first */
};

/* Once a read has failed, every later one fails with the same code and message. */
ssize_t stream_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error);
/* Reads until the buffer is full or the stream ends. Returns the number of bytes, or a negative code. */
ssize_t stream_fill(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error);
void stream_close(struct stream *stream); /* NULL is allowed */

/* The stream itself lies in the arena. */
int stream_open_file(struct arena *arena, const char *path, struct stream **stream, struct tarsier_error *error);
/* Reads `length` bytes of an open file from `offset`, by pread: many streams can share one descriptor. The descriptor
 * belongs to the caller. Fails with FORMAT if the file is shorter. */
int stream_open_range(struct arena *arena, int fd, uint64_t offset, uint64_t length, const char *name,
                      struct stream **stream, struct tarsier_error *error);
/* The descriptor belongs to the caller. */
int stream_open_fd(struct arena *arena, int fd, const char *name, struct stream **stream, struct tarsier_error *error);
/* The bytes are borrowed. */
int stream_open_memory(struct arena *arena, span bytes, struct stream **stream, struct tarsier_error *error);
/* Gives the bytes `head` (copied), then the rest of `inner`, which it closes: for a stream whose first bytes were
 * read to recognise it. */
int stream_open_prefixed(struct arena *arena, span head, struct stream *inner, struct stream **stream,
                         struct tarsier_error *error);
/* Reads the first `size` bytes of `inner`, or all if it has fewer: *head, in the arena. *stream gives them again, then the
 * rest of `inner`, which it closes. If this fails, `inner` stays the caller's. */
int stream_peek(struct arena *arena, struct stream *inner, size_t size, span *head, struct stream **stream,
                struct tarsier_error *error);

/* Reads everything into the buffer. Fails with LIMIT beyond `limit` bytes. */
int stream_read_all(struct stream *stream, struct buffer *buffer, size_t limit, struct tarsier_error *error);
/* The same for a file. */
int stream_read_file(const char *path, struct buffer *buffer, size_t limit, struct tarsier_error *error);

#endif
