/* decompression, recognised by the first bytes */
#ifndef TARSIER_STREAM_INFLATE_H
#define TARSIER_STREAM_INFLATE_H

#include "stream/stream.h"

/* gzip (any number of members, RFC 1952), zstd (any number of frames, RFC 8878), xz and bzip2 (liblzma and libbz2,
 * loaded when first needed), or none. CODEC_UNKNOWN is recognised and nobody's here (compress, lz4, lzip, 7z).
 * UNSUPPORTED names a codec that is recognised and not to be had. */
enum codec { CODEC_NONE, CODEC_GZIP, CODEC_ZSTD, CODEC_XZ, CODEC_BZIP2, CODEC_UNKNOWN };

enum codec codec_of(span head); /* looks at up to 6 bytes */
const char *codec_name(enum codec codec);

/* Inflates `inner`, which is then the new stream's: closed with it. A stream that ends early, carries a wrong checksum
 * or trailing garbage is FORMAT. Zero bytes after the last member are allowed (padding). */
int inflate_open(struct arena *arena, enum codec codec, struct stream *inner, struct stream **stream,
                 struct tarsier_error *error);

/* Looks at the first bytes, then inflates or passes through. */
int inflate_open_any(struct arena *arena, struct stream *inner, enum codec *codec, struct stream **stream,
                     struct tarsier_error *error);

#endif
