/* bzip2 by libbz2, loaded when first needed: bzip2 layers are rare */
#include "base/dl.h"
#include "stream/codec.h"

extern const struct codec codec_bzip2;

#if __has_include(<bzlib.h>)

#include <bzlib.h>
#include <limits.h>

#define BZIP2_FUNCTIONS(X) X(init, BZ2_bzDecompressInit) X(decompress, BZ2_bzDecompress) X(end, BZ2_bzDecompressEnd)

struct bzip2_library { BZIP2_FUNCTIONS(DL_FIELD) };

struct bzip2_state {
	struct codec_state base;
	struct bzip2_library library;
	bz_stream bz;
	bool running; /* inside a member */
};

static unsigned at_most_uint(size_t size)
{
	return size > UINT_MAX ? UINT_MAX : (unsigned)size;
}

static int decode_bzip2(struct codec_state *state, struct codec_io *io, struct tarsier_error *error)
{
	struct bzip2_state *bzip2 = (struct bzip2_state *)state;
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

static void close_bzip2(struct codec_state *state)
{
	struct bzip2_state *bzip2 = (struct bzip2_state *)state;
	if (bzip2->running)
		bzip2->library.end(&bzip2->bz);
}

static int open_bzip2(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	struct bzip2_state *bzip2 = arena_alloc(arena, sizeof *bzip2);
	if (!bzip2)
		return error_memory(error);
	int code = DL_LOAD(&bzip2->library, BZIP2_FUNCTIONS, "libbz2.so.1.0", "compressed with bzip2, which needs",
	                   "libbz2-1.0",
	                   error);
	if (code < 0)
		return code;
	bzip2->base = (struct codec_state){.step = decode_bzip2, .close = close_bzip2};
	return codec_stream(arena, &bzip2->base, &codec_bzip2, inner, stream, error);
}

#else

static int open_bzip2(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	(void)arena, (void)inner, (void)stream;
	return error_set(error, TARSIER_UNSUPPORTED,
	                 "compressed with bzip2; this build does not support it (package libbz2-dev)");
}

#endif

/* "BZh" and the block size could begin a file's name in a tar, so the magic of the first block, or of the end, is asked
 * for too. */
static bool claims(span head)
{
	return CODEC_BEGINS(head, "BZh") && head.len >= 6 && head.ptr[3] >= '1' && head.ptr[3] <= '9' &&
	       (memcmp(head.ptr + 4, "1A", 2) == 0 || memcmp(head.ptr + 4, "\x17\x72", 2) == 0);
}

const struct codec codec_bzip2 = {"bzip2", claims, open_bzip2};
