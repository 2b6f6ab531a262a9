/* gzip by ISA-L */
#include "stream/codec.h"

extern const struct codec codec_gzip_isal;

#ifndef TARSIER_ISAL

static bool claims(span head)
{
	(void)head;
	return false;
}

static int open_isal(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	(void)arena, (void)inner, (void)stream;
	return error_set(error, TARSIER_UNSUPPORTED, "this build has no ISA-L");
}

#else

#include "stream/isal_step.h"

#include <string.h>
#include <zlib.h>

/*
 * RFC 1952, 2.2. ISA-L's own parser fails on headers that are split over pieces of input, so this one, byte by byte:
 *
 *	member := 1f 8b 08 FLG MTIME[4] XFL OS [XLEN[2] extra[XLEN]] [name 00] [comment 00] [CRC16[2]]
 *	          deflate CRC32[4] ISIZE[4]
 */
enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, RESERVED = 0xe0 };
enum step { FIXED, EXTRA_LENGTH, EXTRA, NAME, COMMENT, HEADER_CRC, DEFLATE };

/* Names and comments have no length field. Real headers are far shorter; without a limit, a header could go on for
 * ever. */
enum { HEADER_LIMIT = 1024 * 1024 };

struct isal_state {
	struct codec_state base;
	enum step step;
	unsigned char flags;
	uint32_t count;       /* bytes of this step so far */
	uint32_t number;      /* XLEN, or the CRC as it comes */
	uint32_t header_size;
	uint32_t header_crc;
	struct inflate_state state; /* last: its buffers of 80 KiB are not zeroed */
};

static void begin_member(struct isal_state *gzip)
{
	gzip->step = FIXED;
	gzip->flags = 0;
	gzip->count = gzip->number = gzip->header_size = 0;
	gzip->header_crc = 0;
}

static void begin_deflate(struct isal_state *gzip)
{
	isal_inflate_reset(&gzip->state);
	gzip->state.crc_flag = ISAL_GZIP_NO_HDR_VER;
}

/* The next step that this header's flags ask for. */
static void next_step(struct isal_state *gzip)
{
	static const unsigned char asked_by[] = {
		[FIXED] = 0,    [EXTRA_LENGTH] = FEXTRA, [EXTRA] = FEXTRA,
		[NAME] = FNAME, [COMMENT] = FCOMMENT,    [HEADER_CRC] = FHCRC,
	};
	gzip->count = 0;
	do
		gzip->step++;
	while (gzip->step < DEFLATE && !(gzip->flags & asked_by[gzip->step]));
	if (gzip->step == EXTRA && gzip->number == 0)
		next_step(gzip);
	else if (gzip->step == EXTRA_LENGTH || gzip->step == HEADER_CRC)
		gzip->number = 0;
	else if (gzip->step == DEFLATE)
		begin_deflate(gzip);
}

static int fixed_byte(struct isal_state *gzip, unsigned char byte, struct tarsier_error *error)
{
	static const unsigned char magic[] = {0x1f, 0x8b, 8};
	uint32_t at = gzip->count++;
	if (at < 2 && byte != magic[at])
		return error_set(error, TARSIER_FORMAT, "what follows is not a gzip member");
	if (at == 2 && byte != magic[at])
		return error_set(error, TARSIER_FORMAT, "compression method %u is not deflate", byte);
	if (at == 3 && byte & RESERVED)
		return error_set(error, TARSIER_FORMAT, "reserved flags are set in its header");
	if (at == 3)
		gzip->flags = byte;
	if (at == 9)
		next_step(gzip);
	return TARSIER_OK;
}

static int header_byte(struct isal_state *gzip, unsigned char byte, struct tarsier_error *error)
{
	if (++gzip->header_size > HEADER_LIMIT)
		return error_set(error, TARSIER_LIMIT, "a header of more than %d bytes", HEADER_LIMIT);
	if (gzip->step != HEADER_CRC && (gzip->step != FIXED || gzip->count < 10))
		gzip->header_crc = (uint32_t)crc32(gzip->header_crc, &byte, 1);
	switch (gzip->step) {
	case FIXED:
		return fixed_byte(gzip, byte, error);
	case EXTRA_LENGTH:
		gzip->number |= (uint32_t)byte << (8 * gzip->count++);
		if (gzip->count == 2)
			next_step(gzip);
		return TARSIER_OK;
	case EXTRA:
		if (++gzip->count == gzip->number)
			next_step(gzip);
		return TARSIER_OK;
	case HEADER_CRC:
		gzip->number |= (uint32_t)byte << (8 * gzip->count++);
		if (gzip->count == 2 && gzip->number != (gzip->header_crc & 0xffff))
			return error_set(error, TARSIER_FORMAT, "its header's checksum does not match");
		if (gzip->count == 2)
			next_step(gzip);
		return TARSIER_OK;
	default: /* NAME, COMMENT */
		if (byte == 0)
			next_step(gzip);
		return TARSIER_OK;
	}
}

static int deflate_error(int code, struct tarsier_error *error)
{
	if (code == ISAL_INCORRECT_CHECKSUM)
		return error_set(error, TARSIER_FORMAT, "its checksum or its length does not match");
	return error_set(error, TARSIER_FORMAT, "the compressed data are broken");
}

static int decode_deflate(struct isal_state *gzip, struct codec_io *io, struct tarsier_error *error)
{
	struct inflate_state *state = &gzip->state;
	int code = isal_step(state, io);
	if (code < 0)
		return deflate_error(code, error);
	/* ISA-L returns 0 on truncated input too: only this state says that the trailer was read and right. */
	if (state->block_state == ISAL_BLOCK_FINISH) {
		io->whole = true;
		begin_member(gzip);
	}
	return TARSIER_OK;
}

static int decode_gzip(struct codec_state *state, struct codec_io *io, struct tarsier_error *error)
{
	struct isal_state *gzip = (struct isal_state *)state;
	while (gzip->step < DEFLATE && io->in_left) {
		io->whole = false;
		int code = header_byte(gzip, *io->in, error);
		if (code < 0)
			return code;
		io->in++, io->in_left--;
	}
	return gzip->step == DEFLATE ? decode_deflate(gzip, io, error) : TARSIER_OK;
}

static bool claims(span head)
{
	return CODEC_BEGINS(head, "\x1f\x8b");
}

static int open_isal(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	struct isal_state *gzip = arena_room(arena, sizeof *gzip);
	if (!gzip)
		return error_memory(error);
	memset(gzip, 0, offsetof(struct isal_state, state));
	gzip->base.step = decode_gzip;
	isal_inflate_init(&gzip->state);
	begin_member(gzip);
	return codec_stream(arena, &gzip->base, &codec_gzip_isal, inner, stream, error);
}

#endif

const struct codec codec_gzip_isal = {"gzip", claims, open_isal};
