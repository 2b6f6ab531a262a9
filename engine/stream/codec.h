/* what a file of codecs/ provides: one compression, claimed by its first bytes */
#ifndef TARSIER_STREAM_CODEC_H
#define TARSIER_STREAM_CODEC_H

#include "stream/stream.h"

#include <string.h>

/* A codec is one file codecs/NAME.c that defines codec_NAME. The build makes the table of them from the folder. */
struct codec {
	const char *name; /* "gzip": for messages and reports */
	/* Does a stream begin so? `head` has CODEC_HEAD bytes, or fewer if the stream is shorter. */
	bool (*claims)(span head);
	/* A stream that decompresses `inner` and closes both. UNSUPPORTED if this machine lacks the library for it. */
	int (*open)(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error);
};

enum {
	CODEC_HEAD = 6,        /* the longest of what they look at */
	CODEC_WINDOW_LOG = 27, /* of the window a stream may ask for: 128 MiB is what `zstd -d` accepts, twice what `xz -9`
	                        * needs */
};

#define CODEC_BEGINS(head, magic) ((head).len >= sizeof(magic) - 1 && memcmp((head).ptr, magic, sizeof(magic) - 1) == 0)

/* ---- for libraries that are given bytes and give bytes ----------------------------------------------------------- */

/* Where a codec takes bytes and where it puts them; it moves both ends on. */
struct codec_io {
	const unsigned char *in;
	size_t in_left;
	unsigned char *out;
	size_t out_left;
	bool last;  /* no input will come after this */
	bool whole; /* set by the codec: what it has read and given so far is whole members and nothing more */
};

struct codec_state {
	/* Does what it can until the input is used up, the output is full, or a member is whole. A call that moves
	 * neither end means that more input is needed. */
	int (*step)(struct codec_state *state, struct codec_io *io, struct tarsier_error *error);
	void (*close)(struct codec_state *state); /* frees what is not in the arena; or NULL */
};

/* A stream that decompresses `inner` step by step and closes both. Closes the state, not `inner`, if it fails. */
int codec_stream(struct arena *arena, struct codec_state *state, const struct codec *codec, struct stream *inner,
                 struct stream **stream, struct tarsier_error *error);

#endif
