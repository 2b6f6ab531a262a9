#include "net/http_stream.h"

#include "stream/block_queue.h"

#include <string.h>

struct http_stream {
	struct stream stream;
	struct arena *arena;
	struct block_queue *queue;
	struct stream *taken;         /* the queue's other end */
	pthread_t thread;
	bool running;
	/* Used only by the thread. */
	int (*receive)(struct http_stream *stream, void *user, struct tarsier_error *error);
	void *user;
	char *room;                   /* the block of the queue that is being filled; NULL: none */
	size_t filled;                /* bytes of it */
};

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static void give_block(struct http_stream *stream)
{
	if (stream->filled)
		block_queue_give(stream->queue, stream->filled);
	stream->room = NULL;
	stream->filled = 0;
}

bool http_stream_give(struct http_stream *stream, span piece)
{
	while (piece.len) {
		if (!stream->room && !(stream->room = block_queue_room(stream->queue)))
			return false;
		size_t length = QUEUE_BLOCK - stream->filled;
		length = length < piece.len ? length : piece.len;
		memcpy(stream->room + stream->filled, piece.ptr, length);
		stream->filled += length;
		piece = span_from(piece, length);
		if (stream->filled == QUEUE_BLOCK)
			give_block(stream);
	}
	return true;
}

static void *run(void *user)
{
	struct http_stream *stream = user;
	struct tarsier_error error;
	int code = stream->receive(stream, stream->user, &error);
	if (stream->room)
		give_block(stream);
	block_queue_end(stream->queue, code < 0 ? &error : NULL);
	return NULL;
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static int start(struct http_stream *stream, struct tarsier_error *error)
{
	int code = block_queue_new(stream->arena, &stream->queue, error);
	if (code >= 0)
		code = block_queue_stream(stream->arena, stream->queue, &stream->taken, error);
	if (code < 0)
		return code;
	int number = block_queue_start_giver(&stream->thread, run, stream);
	stream->running = number == 0;
	return number ? error_errno(error, number, "start a thread to receive") : TARSIER_OK;
}

static ssize_t read_stream(struct stream *base, void *buffer, size_t size, struct tarsier_error *error)
{
	struct http_stream *stream = (struct http_stream *)base;
	int code = stream->running ? TARSIER_OK : start(stream, error);
	return code < 0 ? code : stream_read(stream->taken, buffer, size, error);
}

static void close_stream(struct stream *base)
{
	struct http_stream *stream = (struct http_stream *)base;
	if (stream->running) {
		block_queue_leave(stream->queue);
		pthread_join(stream->thread, NULL);
	}
	stream->running = false;
	block_queue_free(stream->queue);
	stream->queue = NULL;
}

int http_stream_new(struct arena *arena, int (*receive)(struct http_stream *stream, void *user, struct tarsier_error *error),
                    void *user, struct stream **stream, struct tarsier_error *error)
{
	struct http_stream *made = arena_alloc(arena, sizeof *made);
	if (!made)
		return error_memory(error);
	*made = (struct http_stream){.stream = {.read = read_stream, .close = close_stream}, .arena = arena,
	                             .receive = receive, .user = user};
	*stream = &made->stream;
	return TARSIER_OK;
}
