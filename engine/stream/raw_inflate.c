#include "stream/raw_inflate.h"

#ifdef TARSIER_ISAL
#include "stream/isal_step.h"
#else
#include <zlib.h>
#endif

struct raw_inflate {
#ifdef TARSIER_ISAL
	struct inflate_state state;
	char surplus[sizeof(uint64_t)];
#else
	z_stream stream;
#endif
};

static int broken(struct tarsier_error *error)
{
	return error_set(error, TARSIER_FORMAT, "the compressed data are broken");
}

#ifdef TARSIER_ISAL

struct raw_inflate *raw_inflate_new(struct arena *arena)
{
	struct raw_inflate *raw = arena_room(arena, sizeof *raw);
	if (raw)
		raw_inflate_reset(raw);
	return raw;
}

void raw_inflate_reset(struct raw_inflate *raw)
{
	isal_inflate_init(&raw->state);
	raw->state.crc_flag = ISAL_DEFLATE;
}

/* ISA-L reads eight bytes at a time: whole bytes that are left of them come after the stream. */
static span take_surplus(struct raw_inflate *raw)
{
	uint64_t bits = raw->state.read_in >> (raw->state.read_in_length % 8);
	size_t length = (size_t)raw->state.read_in_length / 8;
	for (size_t i = 0; i < length; i++, bits >>= 8)
		raw->surplus[i] = (char)(bits & 0xff);
	return (span){raw->surplus, length};
}

int raw_inflate_step(struct raw_inflate *raw, struct codec_io *io, span *surplus, struct tarsier_error *error)
{
	struct inflate_state *state = &raw->state;
	int code = isal_step(state, io);
	if (code < 0)
		return broken(error);
	io->whole = state->block_state == ISAL_BLOCK_FINISH;
	*surplus = io->whole ? take_surplus(raw) : SPAN("");
	return TARSIER_OK;
}

#else

static uint32_t at_most_1g(size_t size)
{
	return size > 1u << 30 ? 1u << 30 : (uint32_t)size;
}

static void *allocate(void *arena, unsigned count, unsigned size)
{
	return arena_array(arena, count, size);
}

static void release(void *arena, void *memory)
{
	(void)arena, (void)memory; /* it is the arena's */
}

struct raw_inflate *raw_inflate_new(struct arena *arena)
{
	struct raw_inflate *raw = arena_alloc(arena, sizeof *raw);
	if (!raw)
		return NULL;
	raw->stream = (z_stream){.zalloc = allocate, .zfree = release, .opaque = arena};
	return inflateInit2(&raw->stream, -MAX_WBITS) == Z_OK ? raw : NULL;
}

void raw_inflate_reset(struct raw_inflate *raw)
{
	inflateReset(&raw->stream);
}

int raw_inflate_step(struct raw_inflate *raw, struct codec_io *io, span *surplus, struct tarsier_error *error)
{
	z_stream *stream = &raw->stream;
	uint32_t in = at_most_1g(io->in_left), out = at_most_1g(io->out_left);
	stream->next_in = (unsigned char *)(uintptr_t)io->in;
	stream->avail_in = in;
	stream->next_out = io->out;
	stream->avail_out = out;
	int code = inflate(stream, Z_NO_FLUSH);
	io->in += in - stream->avail_in, io->in_left -= in - stream->avail_in;
	io->out += out - stream->avail_out, io->out_left -= out - stream->avail_out;
	io->whole = code == Z_STREAM_END;
	*surplus = SPAN("");
	if (code == Z_MEM_ERROR)
		return error_memory(error);
	return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ? TARSIER_OK : broken(error);
}

#endif
