/* the members of a tar archive, pulled one by one, each with its data as a stream */
#ifndef TARSIER_STREAM_TAR_READER_H
#define TARSIER_STREAM_TAR_READER_H

#include "stream/stream.h"
#include "stream/tar.h"

/* Uses the walker of tar.h for the headers: see there for the formats that are read. Data is passed on as it is
 * stored in the archive. */
struct tar_reader;

/* Passes over bytes without reading them: 0 or a negative code. NULL if the stream cannot seek. */
typedef int tar_seek(struct stream *in, uint64_t length, struct tarsier_error *error);

/* `in` belongs to the caller. */
int tar_reader_new(struct arena *arena, struct stream *in, tar_seek *seek, struct tar_reader **reader,
                   struct tarsier_error *error);
void tar_reader_free(struct tar_reader *reader); /* NULL is allowed */

/* 1: *entry is the next member, its strings borrowed until the next call, its data at *offset of `in`. 0: the archive
 * ended well. Data that was not read is passed over; an archive that ends inside it is FORMAT. */
int tar_reader_next(struct tar_reader *reader, struct tar_entry *entry, uint64_t *offset, struct tarsier_error *error);

/* The data of the member that tar_reader_next gave; ends with it, and is good until the next call. Closing it does
 * nothing. */
struct stream *tar_reader_data(struct tar_reader *reader);

#endif
