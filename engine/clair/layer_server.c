/* the layer server: starting, stopping and its public functions */
#include "clair/layer_server_internal.h"

#include "base/clock.h"
#include "net/http.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum {
	CONNECTIONS = 1024, /* more than the door admits at a time */
	IDLE_SECONDS = 300, /* Clair continues to read while it unpacks */
	SILENCE_SECONDS = 5, /* within which a connection must send the token */
	REACH_SECONDS = 5,  /* an address that only Clair can reach may drop our packets */
};

static int load(struct arena *arena, const struct microhttpd **result, struct tarsier_error *error)
{
	struct microhttpd *library = arena_alloc(arena, sizeof *library);
	if (!library)
		return error_memory(error);
	*result = library;
	return DL_LOAD(library, MICROHTTPD_FUNCTIONS, "libmicrohttpd.so.12", "the layer server needs", "libmicrohttpd12",
	               error);
}

/* ---- starting and stopping --------------------------------------------------------------------------------------- */

static int make_token(struct layer_server *server, struct tarsier_error *error)
{
	unsigned char bytes[TOKEN_BYTES];
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set(error, TARSIER_IO, "the kernel returned no random numbers");
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

static void on_connection(void *user, struct MHD_Connection *connection, void **state,
                          enum MHD_ConnectionNotificationCode what)
{
	struct layer_server *server = user;
	(void)connection, (void)state;
	if (what == MHD_CONNECTION_NOTIFY_CLOSED)
		door_leave(server->door);
}

/* A connection that cannot be handed over is closed, and the next door_leave admits another one. */
static void admit(void *user, int fd, const struct sockaddr *address, socklen_t length)
{
	struct layer_server *server = user;
	if (server->library->add_connection(server->daemon, fd, address, length) != MHD_YES)
		door_leave(server->door);
}

static struct MHD_Daemon *start_daemon(struct layer_server *server)
{
	const unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_NO_LISTEN_SOCKET |
	                       MHD_USE_ITC;
	return server->library->start_daemon(flags, 0, NULL, NULL, layer_server_answer, server,
	                                     MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	                                     MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	                                     MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

static void close_all(const int *sockets, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(sockets[i]);
}

static int start(struct arena *arena, struct layer_server *server, struct tarsier_error *error)
{
	int sockets[2];
	unsigned count = 0;
	const struct layer_server_options *options = &server->options;
	int code = layer_server_listen(options->host, options->port, sockets, &count, &server->port, error);
	if (code >= 0)
		code = make_urls(arena, server, server->port, error);
	if (code >= 0 && !(server->daemon = start_daemon(server)))
		code = error_set(error, TARSIER_IO, "the layer server cannot start: out of threads or memory");
	if (code < 0) {
		close_all(sockets, count);
		return code;
	}
	const struct door_options door = {.token = server->token, .silence = clock_timeout(SILENCE_SECONDS),
	                                  .admit = admit, .user = server, .allocator = options->allocator};
	return door_open(&door, sockets, count, &server->door, error);
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
	if (!server)
		return;
	door_stop(server->door);
	if (server->daemon)
		server->library->stop_daemon(server->daemon);
	door_free(server->door);
	pthread_mutex_destroy(&server->lock);
}

/* ---- public functions -------------------------------------------------------------------------------------------- */

int layer_server_reach(struct layer_server *server, struct tarsier_error *error)
{
	struct tarsier_error reason = {.code = TARSIER_OK};
	struct http_response response;
	const struct http_request request = {
		.method = "HEAD", .url = server->layers[0].url, .direct = true, .connect_seconds = REACH_SECONDS,
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
	                 "%s, where Clair fetches the layers, does not answer from this machine: unless Clair can reach it, "
	                 "name another address of this machine with --layer-host (%.300s)", server->origin, reason.message);
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

unsigned layer_server_port(const struct layer_server *server)
{
	return server->port;
}

void layer_server_fail(struct layer_server *server, const struct tarsier_error *error)
{
	pthread_mutex_lock(&server->lock);
	if (!server->failure.code)
		server->failure = *error;
	pthread_mutex_unlock(&server->lock);
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
