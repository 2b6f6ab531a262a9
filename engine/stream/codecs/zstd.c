/* zstd */
#include "stream/codec.h"

#include <zstd.h>
#include <zstd_errors.h>

struct zstd_decoder {
	struct decoder decoder;
	ZSTD_DStream *zstd;
};

static int zstd_error(size_t code, struct tarsier_error *error)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_memory_allocation:
		return error_memory(error);
	case ZSTD_error_frameParameter_windowTooLarge:
		return error_set(error, TARSIER_LIMIT, "a frame wants a window of more than %d MiB",
		                 1 << (DECODER_WINDOW_LOG - 20));
	case ZSTD_error_dictionary_wrong:
		return error_set(error, TARSIER_UNSUPPORTED, "a frame wants a dictionary");
	default:
		return error_set(error, TARSIER_FORMAT, "%s", ZSTD_getErrorName(code));
	}
}

static int decode_zstd(struct decoder *decoder, struct decoding *io, struct tarsier_error *error)
{
	struct zstd_decoder *zstd = (struct zstd_decoder *)decoder;
	ZSTD_inBuffer in = {io->in, io->in_left, 0};
	ZSTD_outBuffer out = {io->out, io->out_left, 0};
	size_t code = ZSTD_decompressStream(zstd->zstd, &out, &in);
	if (ZSTD_isError(code))
		return zstd_error(code, error);
	io->in += in.pos, io->in_left -= in.pos;
	io->out += out.pos, io->out_left -= out.pos;
	io->whole = code == 0;
	return TARSIER_OK;
}

static void close_zstd(struct decoder *decoder)
{
	ZSTD_freeDStream(((struct zstd_decoder *)decoder)->zstd);
}

int decoder_open_zstd(struct arena *arena, struct decoder **decoder, struct tarsier_error *error)
{
	struct zstd_decoder *zstd = arena_alloc(arena, sizeof *zstd);
	if (!zstd || !(zstd->zstd = ZSTD_createDStream()))
		return error_memory(error);
	zstd->decoder = (struct decoder){.decode = decode_zstd, .close = close_zstd};
	if (ZSTD_isError(ZSTD_DCtx_setParameter(zstd->zstd, ZSTD_d_windowLogMax, DECODER_WINDOW_LOG))) {
		close_zstd(&zstd->decoder);
		return error_memory(error);
	}
	*decoder = &zstd->decoder;
	return TARSIER_OK;
}
