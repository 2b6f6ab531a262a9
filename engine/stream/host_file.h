/* files below a directory of the host, never reached through a link that leads out of it */
#ifndef TARSIER_STREAM_HOST_FILE_H
#define TARSIER_STREAM_HOST_FILE_H

#include "stream/stream.h"

/* An open file below the directory `root`, or a negative errno. Links inside are followed where they stay inside
 * (ELOOP or EXDEV where not, or where this kernel cannot tell). A pipe or a device neither blocks nor is told from a
 * file here: fstat it. */
int host_file_open(int root, const char *path);

/* The whole of a regular file, its descriptor closed with the stream. NOT_FOUND where there is none, FORMAT where it
 * is no regular file or leads outside, IO. */
int host_file_stream(struct arena *arena, int root, const char *path, uint64_t *size, struct stream **stream,
                   struct tarsier_error *error);
/* Its size only. */
int host_file_size(int root, const char *path, uint64_t *size, struct tarsier_error *error);

#endif
