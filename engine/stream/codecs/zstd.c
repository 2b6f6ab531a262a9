/* zstd */
#include "stream/codec.h"

extern const struct codec codec_zstd;

#include <zstd.h>
#include <zstd_errors.h>

struct zstd_state {
	struct codec_state base;
	ZSTD_DStream *zstd;
};

static int zstd_error(size_t code, struct tarsier_error *error)
{
	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_memory_allocation:
		return error_memory(error);
	case ZSTD_error_frameParameter_windowTooLarge:
		return error_set(error, TARSIER_LIMIT, "a frame wants a window of more than %d MiB",
		                 1 << (CODEC_WINDOW_LOG - 20));
	case ZSTD_error_dictionary_wrong:
		return error_set(error, TARSIER_UNSUPPORTED, "a frame wants a dictionary");
	default:
		return error_set(error, TARSIER_FORMAT, "%s", ZSTD_getErrorName(code));
	}
}

static int decode_zstd(struct codec_state *state, struct codec_io *io, struct tarsier_error *error)
{
	struct zstd_state *zstd = (struct zstd_state *)state;
	ZSTD_inBuffer in = {io->in, io->in_left, 0};
	ZSTD_outBuffer out = {io->out, io->out_left, 0};
	size_t missing = ZSTD_decompressStream(zstd->zstd, &out, &in); /* of the frame, about; or an error */
	if (ZSTD_isError(missing))
		return zstd_error(missing, error);
	io->in += in.pos, io->in_left -= in.pos;
	io->out += out.pos, io->out_left -= out.pos;
	io->whole = missing == 0;
	return TARSIER_OK;
}

static void close_zstd(struct codec_state *state)
{
	ZSTD_freeDStream(((struct zstd_state *)state)->zstd);
}

static int open_zstd(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	struct zstd_state *zstd = arena_alloc(arena, sizeof *zstd);
	if (!zstd || !(zstd->zstd = ZSTD_createDStream()))
		return error_memory(error);
	zstd->base = (struct codec_state){.step = decode_zstd, .close = close_zstd};
	if (ZSTD_isError(ZSTD_DCtx_setParameter(zstd->zstd, ZSTD_d_windowLogMax, CODEC_WINDOW_LOG))) {
		close_zstd(&zstd->base);
		return error_memory(error);
	}
	return codec_stream(arena, &zstd->base, &codec_zstd, inner, stream, error);
}

/* RFC 8878, 3.1.1 and 3.1.2: a frame, or a skippable frame, whose magic is 0x184D2A50 to 0x184D2A5F. */
static bool claims(span head)
{
	bool skippable = head.len >= 4 && ((unsigned char)head.ptr[0] & 0xf0) == 0x50 &&
	                 memcmp(head.ptr + 1, "\x2a\x4d\x18", 3) == 0;
	return skippable || CODEC_BEGINS(head, "\x28\xb5\x2f\xfd");
}

const struct codec codec_zstd = {"zstd", claims, open_zstd};
