#include "clair/layer_server.h"

#include "base/dl.h"
#include "net/http.h"

#include <microhttpd.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	BLOCK = 64 * 1024,  /* what is read at once, one a request */
	CONNECTIONS = 64,   /* Clair fetches as many layers at once as it has processors */
	IDLE_SECONDS = 300, /* Clair reads on while it unpacks */
	REACH_SECONDS = 10,
	TOKEN_BYTES = 16,
};

/* ---- libmicrohttpd ----------------------------------------------------------------------------------------------- */

#define MICROHTTPD_FUNCTIONS(X) \
	X(start_daemon, MHD_start_daemon) \
	X(stop_daemon, MHD_stop_daemon) \
	X(response_from_callback, MHD_create_response_from_callback) \
	X(response_from_buffer, MHD_create_response_from_buffer) \
	X(add_header, MHD_add_response_header) \
	X(queue_response, MHD_queue_response) \
	X(destroy_response, MHD_destroy_response) \
	X(lookup_value, MHD_lookup_connection_value)

struct microhttpd { MICROHTTPD_FUNCTIONS(DL_FIELD) };

static int load(struct arena *arena, const struct microhttpd **result, struct tarsier_error *error)
{
	struct microhttpd *library = arena_alloc(arena, sizeof *library);
	if (!library)
		return error_memory(error);
	*result = library;
	return DL_LOAD(library, MICROHTTPD_FUNCTIONS, "libmicrohttpd.so.12", "the layer server needs", "libmicrohttpd12",
	               error);
}

/* ---- one answer's bytes ------------------------------------------------------------------------------------------ */

struct layer_transfer {
	struct layer_server *server;
	size_t layer;
	uint64_t start, length, done; /* of the range that was asked for */
	struct arena arena;
	struct stream *stream;        /* opened by the first read: a HEAD has none */
	struct hasher *hasher;        /* where all of the layer goes out */
};

void layer_server_fail(struct layer_server *server, const struct tarsier_error *error)
{
	pthread_mutex_lock(&server->lock);
	if (!server->failure.code)
		server->failure = *error;
	pthread_mutex_unlock(&server->lock);
}

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
	const struct image *image = transfer->server->image;
	const struct served_layer *layer = &transfer->server->layers[transfer->layer];
	int code = image->open_layer(image, transfer->layer, &transfer->arena, &transfer->stream, error);
	if (code >= 0 && transfer->length == layer->size)
		code = hasher_new(&layer->digest, &transfer->hasher, error);
	return code < 0 ? code : skip(transfer->stream, transfer->start, buffer, size, error);
}

/* Before the last bytes are handed out: what was hashed must be what was promised. */
static int check_digest(struct layer_transfer *transfer, struct tarsier_error *error)
{
	struct served_layer *layer = &transfer->server->layers[transfer->layer];
	struct digest found;
	int code = hasher_finish(transfer->hasher, &found, error);
	if (code >= 0 && !digest_equal(&found, &layer->digest))
		code = error_set(error, TARSIER_DIGEST, "%s is promised, and %s was found", layer->digest.text, found.text);
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
	if (position != transfer->done) /* it never asks twice for the same */
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
 * Several ranges, and other units, may be left unheeded: then all of it goes out. False where the range lies outside.
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

/* "/TOKEN/DIGEST"; the image's layer count where it is none. */
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

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *path, const char *method,
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

/* ---- starting and stopping --------------------------------------------------------------------------------------- */

static int make_token(struct layer_server *server, struct tarsier_error *error)
{
	unsigned char bytes[TOKEN_BYTES];
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set(error, TARSIER_IO, "the kernel gives no random numbers");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(server->token + 2 * i, 3, "%02x", bytes[i]);
	return TARSIER_OK;
}

static int make_urls(struct arena *arena, struct layer_server *server, unsigned port, struct tarsier_error *error)
{
	const char *host = server->options.host;
	bool bare_6 = strchr(host, ':') && host[0] != '[';
	server->origin = arena_format(arena, "http://%s%s%s:%u", bare_6 ? "[" : "", host, bare_6 ? "]" : "", port);
	for (size_t i = 0; i < server->image->layer_count && server->origin; i++) {
		struct served_layer *layer = &server->layers[i];
		layer->url = arena_format(arena, "%s/%s/%s", server->origin, server->token, layer->digest.text);
		if (!layer->url)
			return error_memory(error);
	}
	return server->origin ? TARSIER_OK : error_memory(error);
}

/* libmicrohttpd closes the socket once it has it. */
static struct MHD_Daemon *serve(struct layer_server *server, int fd)
{
	const unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION;
	return server->library->start_daemon(flags, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
	                                     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	                                     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
}

static int start(struct arena *arena, struct layer_server *server, struct tarsier_error *error)
{
	int sockets[2];
	unsigned count = 0, port = 0;
	int code = layer_server_listen(server->options.host, server->options.port, sockets, &count, &port, error);
	if (code >= 0)
		code = make_urls(arena, server, port, error);
	for (unsigned i = 0; i < count; i++) {
		if (code < 0) {
			close(sockets[i]);
			continue;
		}
		server->daemons[i] = serve(server, sockets[i]);
		if (!server->daemons[i])
			code = error_set(error, TARSIER_IO, "the layer server cannot start: no thread or no memory");
	}
	return code;
}

int layer_server_start(struct arena *arena, const struct image *image, const struct layer_server_options *options,
                       struct layer_server **result, struct tarsier_error *error)
{
	*result = NULL;
	struct layer_server *server = arena_alloc(arena, sizeof *server);
	struct served_layer *layers = arena_array(arena, image->layer_count, sizeof *layers);
	if (!server || !layers)
		return error_memory(error);
	server->image = image;
	server->options = *options;
	server->layers = layers;
	if (!server->options.host)
		server->options.host = "localhost";
	int code = layer_server_check_host(server->options.host, error);
	if (code >= 0)
		code = load(arena, &server->library, error);
	if (code >= 0)
		code = make_token(server, error);
	if (code >= 0)
		code = layer_server_measure(server, error);
	if (code < 0)
		return code;
	pthread_mutex_init(&server->lock, NULL);
	code = start(arena, server, error);
	if (code < 0)
		layer_server_stop(server);
	else
		*result = server;
	return code;
}

void layer_server_stop(struct layer_server *server)
{
	for (unsigned i = 0; server && i < 2; i++) {
		if (server->daemons[i])
			server->library->stop_daemon(server->daemons[i]);
		server->daemons[i] = NULL;
	}
	if (server)
		pthread_mutex_destroy(&server->lock);
}

/* ---- what its user asks ------------------------------------------------------------------------------------------ */

int layer_server_reach(struct layer_server *server, struct tarsier_error *error)
{
	struct tarsier_error reason = {.code = TARSIER_OK};
	struct http_response response;
	const struct http_request request = {.method = "HEAD", .url = server->layers[0].url, .direct = true,
	                                     .seconds = REACH_SECONDS, .cancelled = server->options.cancelled};
	uint64_t length = 0;
	int code = http_send(&request, &response, &reason);
	bool whole = code >= 0 && response.status == MHD_HTTP_OK &&
	             span_number(http_header(&response, "Content-Length"), &length) && length == server->layers[0].size;
	if (code >= 0 && !whole)
		snprintf(reason.message, sizeof reason.message, "something else answers there, with status %ld",
		         response.status);
	http_response_free(&response);
	if (whole || code == TARSIER_CANCELLED || code == TARSIER_UNSUPPORTED)
		return code < 0 ? error_set(error, code, "%s", reason.message) : TARSIER_OK;
	return error_set(error, TARSIER_BACKEND,
	                 "Clair is to fetch the layers from %s, and that address does not answer even here: name "
	                 "this machine as Clair can reach it with --layer-host (%.300s)", server->origin, reason.message);
}

const char *layer_server_url(const struct layer_server *server, size_t layer)
{
	return server->layers[layer].url;
}

const struct digest *layer_server_digest(const struct layer_server *server, size_t layer)
{
	return &server->layers[layer].digest;
}

const struct codec *layer_server_codec(const struct layer_server *server, size_t layer)
{
	return server->layers[layer].codec;
}

bool layer_server_sent(const struct layer_server *server, size_t layer)
{
	return atomic_load(&server->layers[server->layers[layer].first].sent);
}

int layer_server_failure(struct layer_server *server, struct tarsier_error *error)
{
	pthread_mutex_lock(&server->lock);
	int code = server->failure.code;
	if (code < 0 && error)
		*error = server->failure;
	pthread_mutex_unlock(&server->lock);
	return code;
}
