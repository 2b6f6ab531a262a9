/* xz by liblzma, loaded when first needed: xz layers are rare */
#include "base/dl.h"
#include "stream/codec.h"

extern const struct codec codec_xz;

#if __has_include(<lzma.h>)

#include <lzma.h>

#define LZMA_FUNCTIONS(X) X(stream_decoder, lzma_stream_decoder) X(code, lzma_code) X(end, lzma_end)

struct lzma_library { LZMA_FUNCTIONS(DL_FIELD) };

struct xz_state {
	struct codec_state base;
	struct lzma_library library;
	lzma_stream lzma;
	bool done;
};

static int xz_error(lzma_ret code, struct tarsier_error *error)
{
	switch (code) {
	case LZMA_MEM_ERROR:
		return error_memory(error);
	case LZMA_MEMLIMIT_ERROR:
		return error_set(error, TARSIER_LIMIT, "it needs more than %d MiB of memory",
		                 1 << (CODEC_WINDOW_LOG - 20));
	case LZMA_OPTIONS_ERROR:
		return error_set(error, TARSIER_UNSUPPORTED, "it uses options that this liblzma does not know");
	case LZMA_FORMAT_ERROR:
		return error_set(error, TARSIER_FORMAT, "what follows is not an xz stream");
	default:
		return error_set(error, TARSIER_FORMAT, "the compressed data are broken");
	}
}

/* With LZMA_CONCATENATED, liblzma reads further streams and their padding; LZMA_FINISH tells it that the input ends. */
static int decode_xz(struct codec_state *state, struct codec_io *io, struct tarsier_error *error)
{
	struct xz_state *xz = (struct xz_state *)state;
	if (xz->done)
		return TARSIER_OK;
	xz->lzma.next_in = io->in;
	xz->lzma.avail_in = io->in_left;
	xz->lzma.next_out = io->out;
	xz->lzma.avail_out = io->out_left;
	lzma_ret code = xz->library.code(&xz->lzma, io->last ? LZMA_FINISH : LZMA_RUN);
	io->in = xz->lzma.next_in, io->in_left = xz->lzma.avail_in;
	io->out = xz->lzma.next_out, io->out_left = xz->lzma.avail_out;
	if (code == LZMA_STREAM_END)
		xz->done = io->whole = true;
	else if (code != LZMA_OK && code != LZMA_BUF_ERROR)
		return xz_error(code, error);
	return TARSIER_OK;
}

static void close_xz(struct codec_state *state)
{
	struct xz_state *xz = (struct xz_state *)state;
	xz->library.end(&xz->lzma);
}

static int open_xz(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	struct xz_state *xz = arena_alloc(arena, sizeof *xz);
	if (!xz)
		return error_memory(error);
	int code = DL_LOAD(&xz->library, LZMA_FUNCTIONS, "liblzma.so.5", "compressed with xz, which needs", "liblzma5",
	                   error);
	if (code < 0)
		return code;
	if (xz->library.stream_decoder(&xz->lzma, UINT64_C(1) << CODEC_WINDOW_LOG, LZMA_CONCATENATED) != LZMA_OK)
		return error_set(error, TARSIER_UNSUPPORTED, "compressed with xz, and liblzma.so.5 would not start");
	xz->base = (struct codec_state){.step = decode_xz, .close = close_xz};
	return codec_stream(arena, &xz->base, &codec_xz, inner, stream, error);
}

#else

static int open_xz(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	(void)arena, (void)inner, (void)stream;
	return error_set(error, TARSIER_UNSUPPORTED,
	                 "compressed with xz; this build does not support it (package liblzma-dev)");
}

#endif

static bool claims(span head)
{
	return CODEC_BEGINS(head, "\xfd" "7zXZ\0");
}

const struct codec codec_xz = {"xz", claims, open_xz};
