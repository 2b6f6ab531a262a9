/* answers of the layer server: the bytes of one layer, or a range of them */
#include "clair/layer_server_internal.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64 * 1024 }; /* read at a time, one block for each request */

/* ---- one answer's bytes ------------------------------------------------------------------------------------------ */

struct layer_transfer {
	struct layer_server *server;
	size_t layer;
	uint64_t start, length, done; /* of the requested range */
	struct arena arena;
	struct stream *stream;        /* opened by the first read: a HEAD does not open it */
	struct hasher *hasher;        /* of a transfer of the whole layer */
};

static int skip(struct stream *stream, uint64_t count, char *buffer, size_t size, struct tarsier_error *error)
{
	while (count) {
		ssize_t got = stream_read(stream, buffer, count < size ? (size_t)count : size, error);
		if (got <= 0)
			return got < 0 ? (int)got : error_set(error, TARSIER_FORMAT, "ends early");
		count -= (uint64_t)got;
	}
	return TARSIER_OK;
}

static int begin(struct layer_transfer *transfer, char *buffer, size_t size, struct tarsier_error *error)
{
	const struct layer_server_options *options = &transfer->server->options;
	const struct image *image = transfer->server->image;
	const struct served_layer *layer = &transfer->server->layers[transfer->layer];
	if (options->fetch && transfer->start == 0)
		options->fetch(options->user, transfer->layer);
	int code = image->open_layer(image, transfer->layer, &transfer->arena, &transfer->stream, error);
	if (code >= 0 && transfer->length == layer->size)
		code = hasher_new(&layer->digest, &transfer->hasher, error);
	return code < 0 ? code : skip(transfer->stream, transfer->start, buffer, size, error);
}

/* Called before the last bytes are sent: the layer must have the announced digest. */
static int check_digest(struct layer_transfer *transfer, struct tarsier_error *error)
{
	struct served_layer *layer = &transfer->server->layers[transfer->layer];
	struct digest found;
	int code = hasher_finish(transfer->hasher, &found, error);
	if (code >= 0 && !digest_equal(&found, &layer->digest))
		code = error_set(error, TARSIER_DIGEST, "expected %s, got %s", layer->digest.text, found.text);
	if (code >= 0)
		atomic_store(&layer->sent, true);
	return code;
}

static ssize_t read_more(struct layer_transfer *transfer, char *buffer, size_t size, struct tarsier_error *error)
{
	uint64_t left = transfer->length - transfer->done;
	int code = transfer->stream ? TARSIER_OK : begin(transfer, buffer, size, error);
	if (code < 0)
		return code;
	ssize_t got = stream_read(transfer->stream, buffer, left < size ? (size_t)left : size, error);
	if (got <= 0)
		return got < 0 ? got : error_set(error, TARSIER_FORMAT, "ends early");
	if (transfer->hasher && hasher_add(transfer->hasher, buffer, (size_t)got) < 0)
		return error_memory(error);
	transfer->done += (uint64_t)got;
	if (transfer->hasher && transfer->done == transfer->length && (code = check_digest(transfer, error)) < 0)
		return code;
	return got;
}

static ssize_t on_read(void *user, uint64_t position, char *buffer, size_t size)
{
	struct layer_transfer *transfer = user;
	struct layer_server *server = transfer->server;
	struct tarsier_error error = {.code = TARSIER_OK};
	if (server->options.cancelled && atomic_load(server->options.cancelled))
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (position != transfer->done) /* libmicrohttpd reads in order */
		return MHD_CONTENT_READER_END_WITH_ERROR;
	ssize_t got = read_more(transfer, buffer, size, &error);
	if (got < 0) {
		error_prefix(&error, "layer %zu of %zu", transfer->layer + 1, server->image->layer_count);
		layer_server_fail(server, &error);
		return MHD_CONTENT_READER_END_WITH_ERROR;
	}
	if (server->options.bytes)
		atomic_fetch_add(server->options.bytes, (uint64_t)got);
	return got;
}

static void on_free(void *user)
{
	struct layer_transfer *transfer = user;
	stream_close(transfer->stream);
	hasher_free(transfer->hasher);
	arena_free(&transfer->arena);
	memory_resize(transfer->server->options.allocator, transfer, sizeof *transfer, 0);
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static enum MHD_Result answer(const struct microhttpd *library, struct MHD_Connection *connection, unsigned status,
                              struct MHD_Response *response)
{
	if (!response)
		return MHD_NO;
	library->add_header(response, "Connection", "close"); /* the next layer's may be waiting at the door */
	enum MHD_Result result = library->queue_response(connection, status, response);
	library->destroy_response(response);
	return result;
}

static enum MHD_Result answer_empty(const struct microhttpd *library, struct MHD_Connection *connection,
                                    unsigned status, const char *header, const char *value)
{
	struct MHD_Response *response = library->response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (response && header)
		library->add_header(response, header, value);
	return answer(library, connection, status, response);
}

/*
 *	"bytes=" first "-" [last] | "bytes=-" length        RFC 9110, section 14
 *
 * Several ranges and other units are ignored, as the RFC allows: the answer is the whole layer. Returns false if the
 * range lies outside the layer.
 */
static bool read_range(const char *header, uint64_t size, uint64_t *start, uint64_t *length, bool *partial)
{
	span text = span_of(header), first, last;
	uint64_t from, to = UINT64_MAX;
	*start = 0, *length = size, *partial = false;
	if (!span_starts(text, "bytes=") || span_contains(text, ",") || !span_cut(span_from(text, 6), '-', &first, &last))
		return true;
	if (!first.len && span_number(last, &to)) {
		from = to < size ? size - to : 0;
		if (to == 0)
			return false;
		to = size - 1;
	} else if (!span_number(first, &from) || (last.len && !span_number(last, &to)) || to < from) {
		return true;
	}
	if (from >= size)
		return false;
	*start = from;
	*length = (to < size ? to + 1 : size) - from;
	*partial = true;
	return true;
}

static struct MHD_Response *make_response(struct layer_server *server, size_t layer, uint64_t start, uint64_t length)
{
	struct layer_transfer *transfer = memory_resize(server->options.allocator, NULL, 0, sizeof *transfer);
	if (!transfer)
		return NULL;
	*transfer = (struct layer_transfer){.server = server, .layer = layer, .start = start, .length = length};
	arena_init(&transfer->arena, server->options.allocator);
	struct MHD_Response *response = server->library->response_from_callback(length, BLOCK, on_read, transfer, on_free);
	if (!response)
		on_free(transfer);
	return response;
}

static enum MHD_Result answer_layer(struct layer_server *server, struct MHD_Connection *connection, size_t index)
{
	const struct microhttpd *library = server->library;
	const struct served_layer *layer = &server->layers[index];
	char etag[sizeof layer->digest.text + 2], range[80];
	uint64_t start, length;
	bool partial;
	snprintf(etag, sizeof etag, "\"%s\"", layer->digest.text);
	const char *condition = library->lookup_value(connection, MHD_HEADER_KIND, "If-Range");
	const char *header = library->lookup_value(connection, MHD_HEADER_KIND, "Range");
	if (condition && strcmp(condition, etag) != 0)
		header = NULL;
	if (!read_range(header, layer->size, &start, &length, &partial)) {
		snprintf(range, sizeof range, "bytes */%llu", (unsigned long long)layer->size);
		return answer_empty(library, connection, MHD_HTTP_RANGE_NOT_SATISFIABLE, "Content-Range", range);
	}
	struct MHD_Response *response = make_response(server, index, start, length);
	if (!response)
		return MHD_NO;
	library->add_header(response, "Content-Type", "application/octet-stream");
	library->add_header(response, "Accept-Ranges", "bytes");
	library->add_header(response, "ETag", etag);
	if (partial) {
		snprintf(range, sizeof range, "bytes %llu-%llu/%llu", (unsigned long long)start,
		         (unsigned long long)(start + length - 1), (unsigned long long)layer->size);
		library->add_header(response, "Content-Range", range);
	}
	return answer(library, connection, partial ? MHD_HTTP_PARTIAL_CONTENT : MHD_HTTP_OK, response);
}

/* Returns the layer of "/TOKEN/DIGEST", or the number of layers if none matches. */
static size_t find_layer(const struct layer_server *server, const char *path)
{
	const size_t token = sizeof server->token - 1;
	size_t count = server->image->layer_count;
	if (strlen(path) < token + 2 || path[0] != '/' || path[token + 1] != '/' ||
	    CRYPTO_memcmp(path + 1, server->token, token) != 0)
		return count;
	for (size_t i = 0; i < count; i++)
		if (strcmp(server->layers[i].digest.text, path + token + 2) == 0)
			return i;
	return count;
}

enum MHD_Result layer_server_answer(void *user, struct MHD_Connection *connection, const char *path, const char *method,
                                    const char *version, const char *body, size_t *body_size, void **state)
{
	struct layer_server *server = user;
	(void)version, (void)body, (void)body_size, (void)state;
	size_t layer = find_layer(server, path);
	bool known = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	if (!known || layer == server->image->layer_count)
		return answer_empty(server->library, connection, MHD_HTTP_NOT_FOUND, NULL, NULL);
	return answer_layer(server, connection, layer);
}
