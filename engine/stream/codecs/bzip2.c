/* bzip2 by libbz2, loaded when first needed: hardly any layer is bzip2, and no other scan should pay for it */
#include "base/dl.h"
#include "stream/codec.h"

#if __has_include(<bzlib.h>)

#include <bzlib.h>
#include <limits.h>

#define BZIP2_FUNCTIONS(X) X(init, BZ2_bzDecompressInit) X(decompress, BZ2_bzDecompress) X(end, BZ2_bzDecompressEnd)

struct bzip2_library { BZIP2_FUNCTIONS(DL_FIELD) };

struct bzip2_decoder {
	struct decoder decoder;
	struct bzip2_library library;
	bz_stream bz;
	bool running; /* inside a member */
};

static unsigned at_most_uint(size_t size)
{
	return size > UINT_MAX ? UINT_MAX : (unsigned)size;
}

static int decode_bzip2(struct decoder *decoder, struct decoding *io, struct tarsier_error *error)
{
	struct bzip2_decoder *bzip2 = (struct bzip2_decoder *)decoder;
	bz_stream *bz = &bzip2->bz;
	if (!bzip2->running && bzip2->library.init(bz, 0, 0) != BZ_OK)
		return error_memory(error);
	bzip2->running = true;
	io->whole = false;
	unsigned in = at_most_uint(io->in_left), out = at_most_uint(io->out_left);
	bz->next_in = (char *)(uintptr_t)io->in;
	bz->avail_in = in;
	bz->next_out = (char *)io->out;
	bz->avail_out = out;
	int code = bzip2->library.decompress(bz);
	io->in += in - bz->avail_in, io->in_left -= in - bz->avail_in;
	io->out += out - bz->avail_out, io->out_left -= out - bz->avail_out;
	if (code == BZ_MEM_ERROR)
		return error_memory(error);
	if (code != BZ_OK && code != BZ_STREAM_END)
		return error_set(error, TARSIER_FORMAT,
		                 code == BZ_DATA_ERROR_MAGIC ? "what follows is not a bzip2 stream"
		                                             : "the compressed data are broken");
	if (code == BZ_STREAM_END) {
		bzip2->library.end(bz);
		bzip2->running = false;
		io->whole = true;
	}
	return TARSIER_OK;
}

static void close_bzip2(struct decoder *decoder)
{
	struct bzip2_decoder *bzip2 = (struct bzip2_decoder *)decoder;
	if (bzip2->running)
		bzip2->library.end(&bzip2->bz);
}

int decoder_open_bzip2(struct arena *arena, struct decoder **decoder, struct tarsier_error *error)
{
	struct bzip2_decoder *bzip2 = arena_alloc(arena, sizeof *bzip2);
	if (!bzip2)
		return error_memory(error);
	int code = DL_LOAD(&bzip2->library, BZIP2_FUNCTIONS, "libbz2.so.1.0", "compressed with bzip2, which needs", "libbz2-1.0",
	                   error);
	if (code < 0)
		return code;
	bzip2->decoder = (struct decoder){.decode = decode_bzip2, .close = close_bzip2};
	*decoder = &bzip2->decoder;
	return TARSIER_OK;
}

#else

int decoder_open_bzip2(struct arena *arena, struct decoder **decoder, struct tarsier_error *error)
{
	(void)arena, (void)decoder;
	return error_set(error, TARSIER_UNSUPPORTED,
	                 "compressed with bzip2, and this build has no bzip2 (package libbz2-dev)");
}

#endif
