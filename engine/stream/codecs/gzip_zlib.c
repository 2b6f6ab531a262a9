/* gzip by zlib, header parser and all: where there is no ISA-L, and to check ISA-L against */
#include "stream/codec.h"

#include <limits.h>
#include <zlib.h>

struct zlib_decoder {
	struct decoder decoder;
	z_stream z;
	bool between; /* a member is whole and the next has not begun */
};

enum { GZIP_ONLY = MAX_WBITS + 16 };

static uInt at_most_uint(size_t size)
{
	return size > UINT_MAX ? UINT_MAX : (uInt)size;
}

static int decode_zlib(struct decoder *decoder, struct decoding *io, struct tarsier_error *error)
{
	struct zlib_decoder *gzip = (struct zlib_decoder *)decoder;
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

static void close_zlib(struct decoder *decoder)
{
	inflateEnd(&((struct zlib_decoder *)decoder)->z);
}

int decoder_open_zlib(struct arena *arena, struct decoder **decoder, struct tarsier_error *error)
{
	struct zlib_decoder *gzip = arena_alloc(arena, sizeof *gzip);
	if (!gzip || inflateInit2(&gzip->z, GZIP_ONLY) != Z_OK)
		return error_memory(error);
	gzip->decoder = (struct decoder){.decode = decode_zlib, .close = close_zlib};
	*decoder = &gzip->decoder;
	return TARSIER_OK;
}
