/* Any bytes as compressed ones; for gzip, ISA-L and zlib must agree. */
#include "stream/codec.h"
#include "stream/inflate.h"

#include <stdlib.h>
#include <string.h>

extern const struct codec codec_gzip_isal, codec_gzip_zlib;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4 * 1024 * 1024 };

struct pieces {
	struct stream stream;
	span left;
	size_t most;
};

static ssize_t read_pieces(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct pieces *pieces = (struct pieces *)stream;
	(void)error;
	if (size > pieces->most)
		size = pieces->most;
	if (size > pieces->left.len)
		size = pieces->left.len;
	if (size)
		memcpy(buffer, pieces->left.ptr, size);
	pieces->left = span_from(pieces->left, size);
	return (ssize_t)size;
}

struct result { int code; size_t length; uint64_t hash; };

static struct result inflate_by(const struct codec *by, span bytes,
                                size_t most, size_t out)
{
	struct arena arena;
	struct result result = {0};
	struct tarsier_error error = {0};
	struct stream *stream = NULL;
	const struct codec *codec;
	struct pieces pieces = {.stream = {.read = read_pieces}, .left = bytes, .most = most};
	arena_init(&arena, NULL);
	if (!by)
		result.code = inflate_open_any(&arena, &pieces.stream, &codec, &stream, &error);
	else
		result.code = by->open(&arena, &pieces.stream, &stream, &error);
	unsigned char *buffer = malloc(out);
	while (result.code >= 0 && result.length < MOST) {
		ssize_t got = stream_read(stream, buffer, out, &error);
		if (got <= 0) {
			result.code = (int)got;
			break;
		}
		result.length += (size_t)got;
		for (ssize_t i = 0; i < got; i++)
			result.hash = (result.hash ^ buffer[i]) * 0x100000001b3;
	}
	if (result.code < 0 && (error.code != result.code || !error.message[0]))
		abort();
	free(buffer);
	stream_close(stream);
	arena_free(&arena);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;
	size_t most = 1 + (size_t)data[0] * 9, out = 1 + (size_t)data[1] * 300;
	span bytes = {(const char *)data + 2, size - 2};
	inflate_by(NULL, bytes, most, out);
#ifdef TARSIER_ISAL
	if (codec_is(codec_of(bytes), "gzip")) {
		struct result one = inflate_by(&codec_gzip_isal, bytes, most, out),
			      two = inflate_by(&codec_gzip_zlib, bytes, 4096, 65536);
		bool cut = one.length >= MOST || two.length >= MOST;
		if (!cut && ((one.code < 0) != (two.code < 0) ||
		             (one.code >= 0 && (one.length != two.length || one.hash != two.hash))))
			abort();
	}
#endif
	return 0;
}
