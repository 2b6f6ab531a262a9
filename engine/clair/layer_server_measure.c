/* finds the digest and size of each layer before it is served */
#include "clair/layer_server_internal.h"

#include <string.h>

enum { CHUNK = 64 * 1024 };

static bool cancelled(const struct layer_server *server)
{
	return server->options.cancelled && atomic_load(server->options.cancelled);
}

/* Reads to the end. `hasher` may be NULL. */
static int read_through(const struct layer_server *server, struct stream *stream, struct hasher *hasher, uint64_t *size,
                        struct tarsier_error *error)
{
	char buffer[CHUNK];
	ssize_t got;
	while ((got = stream_read(stream, buffer, sizeof buffer, error)) > 0) {
		*size += (uint64_t)got;
		if (hasher && hasher_add(hasher, buffer, (size_t)got) < 0)
			return error_memory(error);
		if (cancelled(server))
			return error_set(error, TARSIER_CANCELLED, "cancelled");
	}
	return got < 0 ? (int)got : TARSIER_OK;
}

static int measure_all(const struct layer_server *server, struct served_layer *layer, struct stream *stream, span head,
                       struct tarsier_error *error)
{
	struct hasher *hasher = NULL;
	bool want_digest = digest_is_empty(&layer->digest);
	uint64_t size = head.len;
	int code = want_digest ? hasher_new(NULL, &hasher, error) : TARSIER_OK;
	if (code >= 0 && want_digest && hasher_add(hasher, head.ptr, head.len) < 0)
		code = error_memory(error);
	if (code >= 0)
		code = read_through(server, stream, hasher, &size, error);
	if (code >= 0 && want_digest)
		code = hasher_finish(hasher, &layer->digest, error);
	hasher_free(hasher);
	layer->size = size;
	return code;
}

/* A plain tar's digest is its diff ID. The digest of a compressed layer that is identified by its content only must be
 * computed. */
static int measure_stream(const struct layer_server *server, size_t index, struct stream *stream,
                          struct tarsier_error *error)
{
	struct served_layer *layer = &server->layers[index];
	const struct image_layer *promised = &server->image->layers[index];
	char head[8];
	ssize_t got = stream_fill(stream, head, sizeof head, error);
	if (got < 0)
		return (int)got;
	layer->codec = codec_of((span){head, (size_t)got});
	layer->size = promised->size;
	layer->digest = promised->blob;
	if (digest_is_empty(&layer->digest) && !layer->codec)
		layer->digest = promised->diff_id;
	if (!digest_is_empty(&layer->digest) && layer->size != UINT64_MAX)
		return TARSIER_OK;
	return measure_all(server, layer, stream, (span){head, (size_t)got}, error);
}

static int measure_one(const struct layer_server *server, size_t index, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	arena_init(&arena, server->options.allocator);
	int code = server->image->open_layer(server->image, index, &arena, &stream, error);
	if (code >= 0)
		code = measure_stream(server, index, stream, error);
	stream_close(stream);
	arena_free(&arena);
	return code;
}

int layer_server_measure(struct layer_server *server, struct tarsier_error *error)
{
	for (size_t i = 0; i < server->image->layer_count; i++) {
		struct served_layer *layer = &server->layers[i];
		int code = measure_one(server, i, error);
		if (code < 0 && code != TARSIER_CANCELLED)
			error_prefix(error, "layer %zu of %zu", i + 1, server->image->layer_count);
		if (code < 0)
			return code;
		while (!digest_equal(&server->layers[layer->first].digest, &layer->digest))
			layer->first++;
	}
	return TARSIER_OK;
}
