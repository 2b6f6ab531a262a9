/* gzip by zlib, which parses the headers too: for builds without ISA-L, and for tests that compare the two */
#include "stream/codec.h"

extern const struct codec codec_gzip_zlib;

#include <limits.h>
#include <zlib.h>

struct zlib_state {
	struct codec_state base;
	z_stream z;
	bool between; /* a member is whole and the next has not begun */
};

enum { GZIP_ONLY = MAX_WBITS + 16 };

static uInt at_most_uint(size_t size)
{
	return size > UINT_MAX ? UINT_MAX : (uInt)size;
}

static int decode_zlib(struct codec_state *state, struct codec_io *io, struct tarsier_error *error)
{
	struct zlib_state *gzip = (struct zlib_state *)state;
	z_stream *z = &gzip->z;
	if (gzip->between && inflateReset2(z, GZIP_ONLY) != Z_OK)
		return error_memory(error);
	gzip->between = io->whole = false;
	uInt in = at_most_uint(io->in_left), out = at_most_uint(io->out_left);
	z->next_in = (Bytef *)(uintptr_t)io->in;
	z->avail_in = in;
	z->next_out = io->out;
	z->avail_out = out;
	int code = inflate(z, Z_NO_FLUSH);
	io->in += in - z->avail_in, io->in_left -= in - z->avail_in;
	io->out += out - z->avail_out, io->out_left -= out - z->avail_out;
	if (code == Z_MEM_ERROR)
		return error_memory(error);
	if (code == Z_STREAM_END)
		gzip->between = io->whole = true;
	else if (code != Z_OK && code != Z_BUF_ERROR)
		return error_set(error, TARSIER_FORMAT, "%s", z->msg ? z->msg : "the compressed data are broken");
	return TARSIER_OK;
}

static void close_zlib(struct codec_state *state)
{
	inflateEnd(&((struct zlib_state *)state)->z);
}

static int open_zlib(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	struct zlib_state *gzip = arena_alloc(arena, sizeof *gzip);
	if (!gzip || inflateInit2(&gzip->z, GZIP_ONLY) != Z_OK)
		return error_memory(error);
	gzip->base = (struct codec_state){.step = decode_zlib, .close = close_zlib};
	return codec_stream(arena, &gzip->base, &codec_gzip_zlib, inner, stream, error);
}

/* gzip_isal.c stands before this in the table, and claims what it can read itself. */
static bool claims(span head)
{
	return CODEC_BEGINS(head, "\x1f\x8b");
}

const struct codec codec_gzip_zlib = {"gzip", claims, open_zlib};
