#include "stream/inflate.h"

#include "stream/codec.h"

#include <string.h>

enum { INPUT_SIZE = 64 * 1024 };

/* ---- which codec ------------------------------------------------------------------------------------------------ */

#define X(name) extern const struct codec codec_##name;
#include "codecs.def"
#undef X

static const struct codec *const codecs[] = {
#define X(name) &codec_##name,
#include "codecs.def"
#undef X
};
enum { CODECS = sizeof codecs / sizeof *codecs };

const struct codec *codec_of(span head)
{
	for (size_t i = 0; i < CODECS; i++)
		if (codecs[i]->claims(head))
			return codecs[i];
	return NULL;
}

const struct codec *codec_named(const char *name)
{
	for (size_t i = 0; i < CODECS; i++)
		if (strcmp(codecs[i]->name, name) == 0)
			return codecs[i];
	return NULL;
}

const char *codec_name(const struct codec *codec)
{
	return codec ? codec->name : "none";
}

bool codec_is(const struct codec *codec, const char *name)
{
	return strcmp(codec_name(codec), name) == 0;
}

/* ---- the stream over a codec ------------------------------------------------------------------------------------ */

struct inflate {
	struct stream stream;
	struct codec_state *state;
	struct stream *inner;
	const char *name;
	struct codec_io io;
	bool padding; /* zero bytes after the last member were seen */
	unsigned char input[INPUT_SIZE]; /* last: not zeroed */
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
	struct codec_io *io = &inflate->io;
	while (io->in_left && *io->in == 0) {
		inflate->padding = true;
		io->in++, io->in_left--;
	}
	if (io->in_left && inflate->padding)
		return error_set(error, TARSIER_FORMAT, "%s: something follows the padding after its end",
		                 inflate->name);
	return TARSIER_OK;
}

/* One step, or the end: 1 to go on, 0 at the end. */
static int advance(struct inflate *inflate, struct tarsier_error *error)
{
	struct codec_io *io = &inflate->io;
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
	if ((code = inflate->state->step(inflate->state, io, error)) < 0) {
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
	if (inflate->state && inflate->state->close)
		inflate->state->close(inflate->state);
	stream_close(inflate->inner);
	inflate->state = NULL;
	inflate->inner = NULL;
}

int codec_stream(struct arena *arena, struct codec_state *state, const struct codec *codec, struct stream *inner,
                 struct stream **stream, struct tarsier_error *error)
{
	struct inflate *inflate = arena_room(arena, sizeof *inflate);
	if (!inflate) {
		if (state->close)
			state->close(state);
		return error_memory(error);
	}
	memset(inflate, 0, offsetof(struct inflate, input));
	inflate->stream = (struct stream){.read = inflate_read, .close = inflate_close};
	inflate->state = state;
	inflate->inner = inner;
	inflate->name = codec->name;
	*stream = &inflate->stream;
	return TARSIER_OK;
}

int inflate_open(struct arena *arena, const struct codec *codec, struct stream *inner, struct stream **stream,
                 struct tarsier_error *error)
{
	if (codec)
		return codec->open(arena, inner, stream, error);
	*stream = inner;
	return TARSIER_OK;
}

int inflate_open_any(struct arena *arena, struct stream *inner, const struct codec **codec, struct stream **stream,
                     struct tarsier_error *error)
{
	span head;
	struct stream *whole;
	int code = stream_peek(arena, inner, CODEC_HEAD, &head, &whole, error);
	if (code < 0)
		return code;
	*codec = codec_of(head);
	return inflate_open(arena, *codec, whole, stream, error);
}
