/* deflate data without a wrapper (RFC 1951), as in the members of zip files */
#ifndef TARSIER_STREAM_RAW_INFLATE_H
#define TARSIER_STREAM_RAW_INFLATE_H

#include "stream/codec.h"

struct raw_inflate;

/* For any number of deflate streams, one after another. Lies in the arena. Returns NULL if memory ran out. */
struct raw_inflate *raw_inflate_new(struct arena *arena);
/* Begins the next stream. */
void raw_inflate_reset(struct raw_inflate *raw);
/* Moves both ends of io on until the input is used up, the output is full, or the stream ends: io->whole. Then *surplus
 * is what was taken from the input but comes after the stream: a few bytes, until the next call. Fails with FORMAT. */
int raw_inflate_step(struct raw_inflate *raw, struct codec_io *io, span *surplus, struct tarsier_error *error);

#endif
