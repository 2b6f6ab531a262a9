/* a blob of a registry as a stream: a thread receives, whoever reads takes */
#include "net/registry.h"
#include "stream/block_queue.h"

#include <string.h>

struct blob {
	struct stream stream;
	struct registry *registry;
	struct arena *arena;
	struct digest digest;
	uint64_t size;
	struct block_queue *queue;
	struct stream *taken;         /* the queue's other end */
	pthread_t thread;
	bool running;
	/* The thread's own. */
	struct http_response response;
	char *room;                   /* a block of the queue; NULL: none at hand */
	size_t filled;                /* of it */
	struct registry_progress progress;
	bool too_long;
};

/* ---- the thread -------------------------------------------------------------------------------------------------- */

static void give(struct blob *blob)
{
	if (blob->filled)
		block_queue_give(blob->queue, blob->filled);
	blob->room = NULL;
	blob->filled = 0;
}

static bool pass_on(struct blob *blob, span piece)
{
	while (piece.len) {
		if (!blob->room && !(blob->room = block_queue_room(blob->queue)))
			return false;
		size_t length = QUEUE_BLOCK - blob->filled;
		length = length < piece.len ? length : piece.len;
		memcpy(blob->room + blob->filled, piece.ptr, length);
		blob->filled += length;
		piece = span_from(piece, length);
		if (blob->filled == QUEUE_BLOCK)
			give(blob);
	}
	return true;
}

/* What of a piece is new: a server that does not know ranges begins again from the start. */
static span unseen(struct registry_progress *progress, long status, span piece)
{
	if (progress->offset == UINT64_MAX)
		progress->offset = status == 206 ? progress->received : 0;
	uint64_t seen = progress->received - progress->offset;
	span rest = span_from(piece, seen < piece.len ? (size_t)seen : piece.len);
	progress->offset += piece.len;
	return rest;
}

static bool on_piece(void *user, span piece)
{
	struct blob *blob = user;
	struct registry_progress *progress = &blob->progress;
	piece = unseen(progress, blob->response.status, piece);
	blob->too_long = piece.len > blob->size - progress->received;
	bool passed = !blob->too_long && pass_on(blob, piece);
	if (passed)
		progress->received += piece.len;
	progress->stopped = !passed || progress->received == blob->size;
	return passed;
}

static int receive(struct blob *blob, struct tarsier_error *error)
{
	const struct registry_call call = {.kind = "blob", .which = blob->digest.text, .sink = on_piece, .user = blob,
	                                   .progress = &blob->progress};
	int code = registry_get(blob->registry, &call, &blob->response, error);
	if (blob->too_long)
		code = error_set(error, TARSIER_DIGEST, "%s sends more than the %llu bytes that are promised",
		                 blob->registry->config.name->domain, (unsigned long long)blob->size);
	else if (code == TARSIER_IO && !blob->response.status && blob->progress.received == blob->size)
		code = TARSIER_OK; /* the connection broke, and all was there */
	http_response_free(&blob->response);
	return code;
}

static void *run(void *user)
{
	struct blob *blob = user;
	struct tarsier_error error;
	int code = receive(blob, &error);
	if (blob->room)
		give(blob);
	block_queue_end(blob->queue, code < 0 ? &error : NULL);
	return NULL;
}

/* ---- the stream -------------------------------------------------------------------------------------------------- */

static int start(struct blob *blob, struct tarsier_error *error)
{
	int code = block_queue_new(blob->arena, &blob->queue, error);
	if (code >= 0)
		code = block_queue_stream(blob->arena, blob->queue, &blob->taken, error);
	if (code < 0)
		return code;
	int number = block_queue_start_giver(&blob->thread, run, blob);
	blob->running = number == 0;
	return number ? error_errno(error, number, "a thread to read from the registry") : TARSIER_OK;
}

static ssize_t read_blob(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct blob *blob = (struct blob *)stream;
	int code = blob->running ? TARSIER_OK : start(blob, error);
	return code < 0 ? code : stream_read(blob->taken, buffer, size, error);
}

static void close_blob(struct stream *stream)
{
	struct blob *blob = (struct blob *)stream;
	if (blob->running) {
		block_queue_leave(blob->queue);
		pthread_join(blob->thread, NULL);
	}
	blob->running = false;
	block_queue_free(blob->queue);
	blob->queue = NULL;
}

int registry_stream(struct registry *registry, struct arena *arena, const struct digest *digest, uint64_t size,
                    struct stream **stream, struct tarsier_error *error)
{
	struct blob *blob = arena_alloc(arena, sizeof *blob);
	if (!blob)
		return error_memory(error);
	*blob = (struct blob){.stream = {.read = read_blob, .close = close_blob}, .registry = registry, .arena = arena,
	                      .digest = *digest, .size = size};
	*stream = &blob->stream;
	return TARSIER_OK;
}
