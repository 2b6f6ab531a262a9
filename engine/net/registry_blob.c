/* a blob of a registry as a stream */
#include "net/http_stream.h"
#include "net/registry_internal.h"

struct blob {
	struct registry *registry;
	struct digest digest;
	uint64_t size;
	struct http_stream *stream;
	struct http_response response;
	struct registry_progress progress;
	bool too_long;
};

/* The new part of a piece: a server that does not support ranges starts again from the beginning. */
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
	bool passed = !blob->too_long && http_stream_give(blob->stream, piece);
	if (passed)
		progress->received += piece.len;
	progress->stopped = !passed || progress->received == blob->size;
	return passed;
}

static int receive(struct http_stream *stream, void *user, struct tarsier_error *error)
{
	struct blob *blob = user;
	const struct registry_call call = {.kind = "blob", .which = blob->digest.text, .sink = on_piece, .user = blob,
	                                   .progress = &blob->progress};
	blob->stream = stream;
	int code = registry_get(blob->registry, &call, &blob->response, error);
	if (blob->too_long)
		code = error_set(error, TARSIER_DIGEST, "%s sends more than the %llu bytes that are promised",
		                 blob->registry->config.name->domain, (unsigned long long)blob->size);
	else if (code == TARSIER_IO && !blob->response.status && blob->progress.received == blob->size)
		code = TARSIER_OK; /* the connection broke after the last byte */
	http_response_free(&blob->response);
	return code;
}

int registry_stream(struct registry *registry, struct arena *arena, const struct digest *digest, uint64_t size,
                    struct stream **stream, struct tarsier_error *error)
{
	struct blob *blob = arena_alloc(arena, sizeof *blob);
	if (!blob)
		return error_memory(error);
	*blob = (struct blob){.registry = registry, .digest = *digest, .size = size};
	return http_stream_new(arena, receive, blob, stream, error);
}
