/* what inflate.c asks of a codec; one file each, inflate_NAME.c */
#ifndef TARSIER_STREAM_CODEC_H
#define TARSIER_STREAM_CODEC_H

#include "base/error.h"
#include "base/span.h"

/* Where a decoder takes bytes and where it puts them; it moves both ends on. */
struct decoding {
	const unsigned char *in;
	size_t in_left;
	unsigned char *out;
	size_t out_left;
	bool last;  /* no input will come after this */
	bool whole; /* set by the decoder: what it has read and given so far is whole members and nothing more */
};

struct decoder {
	/* Does what it can until the input is used up, the output is full, or a member is whole. A call that moves
	 * neither end means that more input is needed. */
	int (*decode)(struct decoder *decoder, struct decoding *io, struct tarsier_error *error);
	void (*close)(struct decoder *decoder); /* gives back what is not in the arena; or NULL */
};

/* Windows a stream may ask for. 128 MiB is what `zstd -d` accepts unasked, and twice what `xz -9` needs. */
enum { DECODER_WINDOW_LOG = 27 };

int decoder_open_isal(struct arena *arena, struct decoder **decoder, struct tarsier_error *error); /* gzip */
int decoder_open_zlib(struct arena *arena, struct decoder **decoder, struct tarsier_error *error); /* gzip */
int decoder_open_zstd(struct arena *arena, struct decoder **decoder, struct tarsier_error *error);
int decoder_open_xz(struct arena *arena, struct decoder **decoder, struct tarsier_error *error);
int decoder_open_bzip2(struct arena *arena, struct decoder **decoder, struct tarsier_error *error);

/* A stream that decodes `inner` and closes both; `name` for messages. */
struct stream;
int decoder_stream(struct arena *arena, struct decoder *decoder, const char *name, struct stream *inner,
                   struct stream **stream, struct tarsier_error *error);

#endif
