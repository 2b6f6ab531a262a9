/* decompression, recognised by the first bytes */
#ifndef TARSIER_STREAM_INFLATE_H
#define TARSIER_STREAM_INFLATE_H

#include "stream/stream.h"

/* gzip (any number of members, RFC 1952), zstd (any number of frames, RFC 8878), and what else codecs/ holds: each is
 * claimed by its first bytes. NULL stands for bytes that are not compressed. */
struct codec;

const struct codec *codec_of(span head);                   /* looks at up to CODEC_HEAD bytes; NULL: not compressed */
const struct codec *codec_named(const char *name);         /* or NULL */
const char *codec_name(const struct codec *codec);         /* "none" for NULL */
bool codec_is(const struct codec *codec, const char *name);

/* Inflates `inner`, which the new stream closes. Reading fails with FORMAT if the data end early, a checksum does not
 * match, or garbage follows. Zero bytes after the last member are allowed (padding). */
int inflate_open(struct arena *arena, const struct codec *codec, struct stream *inner, struct stream **stream,
                 struct tarsier_error *error);

/* Looks at the first bytes, then inflates or passes through. UNSUPPORTED names a codec whose library is missing. */
int inflate_open_any(struct arena *arena, struct stream *inner, const struct codec **codec, struct stream **stream,
                     struct tarsier_error *error);

#endif
