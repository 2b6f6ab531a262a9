/* reads the versions of programs that are scripts or archives, and of runtimes that say theirs in a file of text */
#include "inventory/program.h"

#include <string.h>

struct text {
	struct program_search search;
	char *window;
	size_t length;
	uint64_t offset;
};

enum { WINDOW = VIEW_WINDOW + VIEW_AHEAD, WORK = 256 * 1024 };

static int begin(struct evidence_stream *file, struct tarsier_error *error)
{
	struct text *text = file->state = arena_alloc(file->work, sizeof *text);
	if (!text || !(text->window = arena_room(file->work, WINDOW)))
		return error_memory(error);
	program_search_begin(&text->search, file->path, true);
	return TARSIER_OK;
}

static void look(struct text *text, bool last)
{
	const struct binary_view view = {.bytes = {text->window, text->length}, .offset = text->offset,
	                                 .offered = last ? text->length : VIEW_WINDOW, .last = last};
	program_search_take(&text->search, &view);
	if (last)
		return;
	memmove(text->window, text->window + VIEW_WINDOW, VIEW_AHEAD);
	text->length = VIEW_AHEAD;
	text->offset += VIEW_WINDOW;
}

static int feed(struct evidence_stream *file, span piece, struct tarsier_error *error)
{
	struct text *text = file->state;
	(void)error;
	while (piece.len) {
		size_t room = WINDOW - text->length, length = piece.len < room ? piece.len : room;
		memcpy(text->window + text->length, piece.ptr, length);
		text->length += length;
		piece = span_from(piece, length);
		if (text->length == WINDOW)
			look(text, false);
	}
	return 0;
}

static int end(struct evidence_stream *file, struct tarsier_error *error)
{
	struct text *text = file->state;
	look(text, true);
	return program_search_add(&text->search, file->output, error);
}

const struct reader reader_program = {
	.name = "program",
	.version = 2,
	.evidence = (const char *const[]){"**/go/VERSION", "**/bin/composer", "**/composer.phar", "**/bin/wp", "**/wp-cli.phar",
	                                  "**/bin/elixir", "**/ebin/elixir.app", "**/jvm/*/release", "**/java*/release",
	                                  "**/openjdk*/release", "**/jdk*/release", "**/jre*/release", "**/corretto*/release",
	                                  "**/zulu*/release", "**/graalvm*/release", NULL},
	.limit = SIZE_MAX,
	.work = WORK,
	.begin = begin,
	.feed = feed,
	.end = end,
};
