/* the members of a tar archive, pulled one by one, each with its data as a stream */
#ifndef TARSIER_STREAM_TAR_READER_H
#define TARSIER_STREAM_TAR_READER_H

#include "stream/stream.h"
#include "stream/tar.h"

/* Over the walker of tar.h, which sees the headers only: what a path may be, how long names and sizes are written, is
 * said there. Data is handed on as it lies in the archive. */
struct tar_reader;

/* Passes over bytes without reading them: 0 or a negative code. NULL where the stream must be read. */
typedef int tar_seek(struct stream *in, uint64_t length, struct tarsier_error *error);

/* `in` stays the caller's. */
int tar_reader_new(struct arena *arena, struct stream *in, tar_seek *seek, struct tar_reader **reader,
                   struct tarsier_error *error);
void tar_reader_free(struct tar_reader *reader); /* NULL is fine */

/* 1: *entry is the next member, its strings borrowed until the next call, its data at *offset of `in`. 0: the archive
 * ended well. Data that was not read is passed over; an archive that ends inside it is FORMAT. */
int tar_reader_next(struct tar_reader *reader, struct tar_entry *entry, uint64_t *offset, struct tarsier_error *error);

/* The data of the member that tar_reader_next gave; ends with it, and is good until the next call. Closing it does
 * nothing. */
struct stream *tar_reader_data(struct tar_reader *reader);

#endif
