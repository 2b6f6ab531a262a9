#include "stream/inflate.h"

#include "stream/codec.h"

#include <string.h>

enum { INPUT_SIZE = 64 * 1024, HEAD_SIZE = 6 };

/* ---- which codec ------------------------------------------------------------------------------------------------ */

static bool begins(span head, const char *magic, size_t length)
{
	return head.len >= length && memcmp(head.ptr, magic, length) == 0;
}
#define BEGINS(head, magic) begins(head, magic, sizeof(magic) - 1)

/* RFC 8878, 3.1.2: a skippable frame's magic is 0x184D2A50 to 0x184D2A5F. */
static bool is_skippable_frame(span head)
{
	return head.len >= 4 && ((unsigned char)head.ptr[0] & 0xf0) == 0x50 &&
	       memcmp(head.ptr + 1, "\x2a\x4d\x18", 3) == 0;
}

/* "BZh" and the block size could begin a file's name in a tar, so the first block's or the end's magic is asked for
 * too. */
static bool is_bzip2(span head)
{
	return head.len >= 6 && BEGINS(head, "BZh") && head.ptr[3] >= '1' && head.ptr[3] <= '9' &&
	       (memcmp(head.ptr + 4, "1A", 2) == 0 || memcmp(head.ptr + 4, "\x17\x72", 2) == 0);
}

enum codec codec_of(span head)
{
	if (BEGINS(head, "\x1f\x8b"))
		return CODEC_GZIP;
	if (BEGINS(head, "\x28\xb5\x2f\xfd") || is_skippable_frame(head))
		return CODEC_ZSTD;
	if (BEGINS(head, "\xfd"
	                 "7zXZ\0"))
		return CODEC_XZ;
	if (is_bzip2(head))
		return CODEC_BZIP2;
	if (BEGINS(head, "\x1f\x9d") || BEGINS(head, "\x04\x22\x4d\x18") || BEGINS(head, "LZIP\x01") ||
	    BEGINS(head, "7z\xbc\xaf"))
		return CODEC_UNKNOWN;
	return CODEC_NONE;
}

const char *codec_name(enum codec codec)
{
	static const char *const names[] = {"none", "gzip", "zstd", "xz", "bzip2", "unknown"};
	return names[codec];
}

/* ---- the stream over a decoder ---------------------------------------------------------------------------------- */

struct inflate {
	struct stream stream;
	struct decoder *decoder;
	struct stream *inner;
	const char *name;
	struct decoding io;
	bool padding; /* zero bytes after the last member were seen */
	unsigned char input[INPUT_SIZE];
};

static int refill(struct inflate *inflate, struct tarsier_error *error)
{
	ssize_t got = stream_read(inflate->inner, inflate->input, INPUT_SIZE, error);
	if (got < 0)
		return (int)got;
	inflate->io.in = inflate->input;
	inflate->io.in_left = (size_t)got;
	inflate->io.last = got == 0;
	return TARSIER_OK;
}

static int skip_padding(struct inflate *inflate, struct tarsier_error *error)
{
	struct decoding *io = &inflate->io;
	while (io->in_left && *io->in == 0) {
		inflate->padding = true;
		io->in++, io->in_left--;
	}
	if (io->in_left && inflate->padding)
		return error_set(error, TARSIER_FORMAT, "%s: something follows the padding after its end",
		                 inflate->name);
	return TARSIER_OK;
}

/* One call of the decoder, or the end: 1 to go on, 0 at the end. */
static int advance(struct inflate *inflate, struct tarsier_error *error)
{
	struct decoding *io = &inflate->io;
	int code = TARSIER_OK;
	if (io->in_left == 0 && !io->last && (code = refill(inflate, error)) < 0)
		return code;
	if (io->whole) {
		if ((code = skip_padding(inflate, error)) < 0)
			return code;
		if (io->in_left == 0)
			return !io->last;
	}
	size_t in_before = io->in_left, out_before = io->out_left;
	if ((code = inflate->decoder->decode(inflate->decoder, io, error)) < 0) {
		error_prefix(error, "%s", inflate->name);
		return code;
	}
	if (io->last && !io->whole && io->in_left == in_before && io->out_left == out_before)
		return error_set(error, TARSIER_FORMAT, "%s: the compressed data end early", inflate->name);
	return 1;
}

static ssize_t inflate_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct inflate *inflate = (struct inflate *)stream;
	inflate->io.out = buffer;
	inflate->io.out_left = size;
	while (inflate->io.out_left) {
		int more = advance(inflate, error);
		if (more < 0)
			return more;
		if (!more)
			break;
	}
	return (ssize_t)(size - inflate->io.out_left);
}

static void inflate_close(struct stream *stream)
{
	struct inflate *inflate = (struct inflate *)stream;
	if (inflate->decoder && inflate->decoder->close)
		inflate->decoder->close(inflate->decoder);
	stream_close(inflate->inner);
	inflate->decoder = NULL;
	inflate->inner = NULL;
}

int decoder_stream(struct arena *arena, struct decoder *decoder, const char *name, struct stream *inner,
                   struct stream **stream, struct tarsier_error *error)
{
	struct inflate *inflate = arena_alloc(arena, sizeof *inflate);
	if (!inflate) {
		if (decoder->close)
			decoder->close(decoder);
		return error_memory(error);
	}
	inflate->stream = (struct stream){.read = inflate_read, .close = inflate_close};
	inflate->decoder = decoder;
	inflate->inner = inner;
	inflate->name = name;
	*stream = &inflate->stream;
	return TARSIER_OK;
}

static int open_decoder(struct arena *arena, enum codec codec, struct decoder **decoder, struct tarsier_error *error)
{
	switch (codec) {
	case CODEC_GZIP:
#ifdef TARSIER_ISAL
		return decoder_open_isal(arena, decoder, error);
#else
		return decoder_open_zlib(arena, decoder, error);
#endif
	case CODEC_ZSTD:
		return decoder_open_zstd(arena, decoder, error);
	case CODEC_XZ:
		return decoder_open_xz(arena, decoder, error);
	case CODEC_BZIP2:
		return decoder_open_bzip2(arena, decoder, error);
	default:
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "compressed by something other than gzip, zstd, xz and bzip2");
	}
}

int inflate_open(struct arena *arena, enum codec codec, struct stream *inner, struct stream **stream,
                 struct tarsier_error *error)
{
	struct decoder *decoder;
	if (codec == CODEC_NONE) {
		*stream = inner;
		return TARSIER_OK;
	}
	int code = open_decoder(arena, codec, &decoder, error);
	if (code < 0)
		return code;
	return decoder_stream(arena, decoder, codec_name(codec), inner, stream, error);
}

int inflate_open_any(struct arena *arena, struct stream *inner, enum codec *codec, struct stream **stream,
                     struct tarsier_error *error)
{
	char head[HEAD_SIZE];
	struct stream *whole;
	ssize_t got = stream_fill(inner, head, sizeof head, error);
	if (got < 0)
		return (int)got;
	*codec = codec_of((span){head, (size_t)got});
	int code = stream_open_prefixed(arena, (span){head, (size_t)got}, inner, &whole, error);
	return code < 0 ? code : inflate_open(arena, *codec, whole, stream, error);
}
