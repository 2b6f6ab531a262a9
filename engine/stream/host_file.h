/* files below a directory of the host, never reached through a link that leads out of it */
#ifndef TARSIER_STREAM_HOST_FILE_H
#define TARSIER_STREAM_HOST_FILE_H

#include "stream/stream.h"

/* Opens a file below the directory `root`. Returns its descriptor or a negative errno. Links are followed if they
 * stay inside; if they lead outside, or the kernel cannot tell, it fails with ELOOP or EXDEV. Opening a pipe or a
 * device does not block; the caller must fstat to tell it from a file. */
int host_file_open(int root, const char *path);

/* A regular file as a stream, which closes its descriptor. Fails with NOT_FOUND if it does not exist, FORMAT if it is
 * not a regular file or leads outside, and IO. */
int host_file_stream(struct arena *arena, int root, const char *path, uint64_t *size, struct stream **stream,
                   struct tarsier_error *error);
/* Its size only; fails as host_file_stream does. */
int host_file_size(int root, const char *path, uint64_t *size, struct tarsier_error *error);

#endif
