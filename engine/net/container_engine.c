#include "net/container_engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PING_SECONDS = 30,
	PEM_LIMIT = 1 << 20,   /* bytes of certificates: the system's hundred authorities have 220 KiB */
	PLAIN_PORT = 2375,     /* docker's own defaults */
	TLS_PORT = 2376,
};

static const char *variable(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* ---- TLS --------------------------------------------------------------------------------------------------------- */

/* Returns the path if the file exists, otherwise NULL. */
static const char *file_in(struct arena *arena, const char *folder, const char *name)
{
	const char *path = folder ? arena_format(arena, "%s/%s", folder, name) : NULL;
	return path && access(path, F_OK) == 0 ? path : NULL;
}

static int read_pem(const char *path, struct buffer *text, struct tarsier_error *error)
{
	int code = stream_read_file(path, text, PEM_LIMIT, error);
	return code >= 0 && !buffer_add(text, "\n", 1) ? error_memory(error) : code;
}

/* libcurl accepts one file of authorities, or one text. */
static int join_authorities(struct arena *arena, struct container_engine *engine, const char *other, struct tarsier_error *error)
{
	struct buffer text;
	buffer_init(&text, NULL);
	int code = read_pem(engine->ca_file, &text, error);
	if (code >= 0)
		code = read_pem(other, &text, error);
	if (code >= 0) {
		char *copy = arena_copy(arena, text.data, text.length);
		engine->ca_pem = (span){copy, text.length};
		code = copy ? TARSIER_OK : error_memory(error);
	}
	buffer_free(&text);
	return code;
}

static int set_tls(struct arena *arena, struct container_engine *engine, struct tarsier_error *error)
{
	const char *home = variable("HOME"), *folder = variable("DOCKER_CERT_PATH");
	if (!folder && home)
		folder = arena_format(arena, "%s/.docker", home);
	const char *authorities = file_in(arena, folder, "ca.pem");
	engine->certificate = file_in(arena, folder, "cert.pem");
	engine->key = file_in(arena, folder, "key.pem");
	if (authorities && engine->ca_file)
		return join_authorities(arena, engine, authorities, error);
	if (authorities)
		engine->ca_file = authorities;
	return TARSIER_OK;
}

/* ---- where it is ------------------------------------------------------------------------------------------------- */

static int set_socket(struct arena *arena, struct container_engine *engine, const char *path, struct tarsier_error *error)
{
	engine->socket = path;
	engine->url = "http://engine"; /* the host is ignored */
	engine->address = arena_format(arena, "unix://%s", path);
	return engine->address ? TARSIER_OK : error_memory(error);
}

static int parse(struct arena *arena, const char *address, struct container_engine *engine, struct tarsier_error *error)
{
	struct url url;
	if (*address == '/')
		return set_socket(arena, engine, address, error);
	if (span_starts(span_of(address), "unix:///"))
		return set_socket(arena, engine, address + strlen("unix://"), error);
	bool good = url_split(span_of(address), &url) && !url.user.len && (!url.rest.len || span_is(url.rest, "/"));
	bool https = good && span_is(url.scheme, "https"), tcp = good && span_is(url.scheme, "tcp");
	if (!https && !tcp && !(good && span_is(url.scheme, "http")))
		return error_set(error, TARSIER_USAGE, "%s: an engine's address is unix:///PATH or tcp://HOST:PORT (SSH is not supported)",
		                 address);
	bool tls = https || (tcp && variable("DOCKER_TLS_VERIFY"));
	bool six = span_find(url.host, ':') >= 0;
	unsigned port = url.port ? url.port : tls ? TLS_PORT : PLAIN_PORT;
	engine->address = address;
	engine->url = arena_format(arena, "%s://%s%.*s%s:%u", tls ? "https" : "http", six ? "[" : "", SPAN_WHOLE(url.host),
	                           six ? "]" : "", port);
	if (!engine->url)
		return error_memory(error);
	return tls ? set_tls(arena, engine, error) : TARSIER_OK;
}

/* The sockets on which engines are known to listen: root's, then the user's own. */
static int find_socket(struct arena *arena, struct container_engine *engine, struct tarsier_error *error)
{
	const char *run = variable("XDG_RUNTIME_DIR"), *looked = "";
	const char *sockets[] = {"/var/run/docker.sock", "/run/podman/podman.sock", NULL, NULL};
	if (run) {
		sockets[2] = arena_format(arena, "%s/docker.sock", run);
		sockets[3] = arena_format(arena, "%s/podman/podman.sock", run);
	}
	for (size_t i = 0; i < sizeof sockets / sizeof *sockets && sockets[i]; i++) {
		if (access(sockets[i], F_OK) == 0)
			return set_socket(arena, engine, sockets[i], error);
		looked = arena_format(arena, "%s%s%s", looked, *looked ? ", " : "", sockets[i]);
		if (!looked)
			return error_memory(error);
	}
	return error_set(error, TARSIER_UNSUPPORTED, "no container engine: $DOCKER_HOST is not set, and there is no %s", looked);
}

int container_engine_find(struct arena *arena, const char *address, const char *ca_file, struct container_engine *engine,
                          struct tarsier_error *error)
{
	const char *version = variable("DOCKER_API_VERSION");
	*engine = (struct container_engine){.ca_file = ca_file, .version = ""};
	if (version && !(engine->version = arena_format(arena, "/v%s", version)))
		return error_memory(error);
	if (!address)
		address = variable("DOCKER_HOST");
	if (!address)
		address = variable("CONTAINER_HOST");
	return address ? parse(arena, address, engine, error) : find_socket(arena, engine, error);
}

/* ---- whether it answers ------------------------------------------------------------------------------------------ */

/* libcurl's own messages about sockets in the file system do not help. */
static const char *reason_of(const struct container_engine *engine, const struct tarsier_error *reason)
{
	if (!engine->socket)
		return reason->message;
	return access(engine->socket, F_OK) == 0 ? "nothing listens at that socket, or you have no permission to use it"
	                                         : "the socket does not exist";
}

int container_engine_ping(struct container_engine *engine, struct tarsier_error *error)
{
	struct arena arena;
	struct http_response response = {.status = 0};
	struct tarsier_error reason;
	arena_init(&arena, NULL);
	const struct http_request request = {
		.method = "GET", .url = arena_format(&arena, "%s/_ping", engine->url), .unix_socket = engine->socket,
		.ca_file = engine->ca_file, .ca_pem = engine->ca_pem, .certificate = engine->certificate, .key = engine->key,
		.seconds = PING_SECONDS, .cancelled = engine->cancelled};
	int code = request.url ? http_send(&request, &response, &reason) : error_memory(&reason);
	engine->is_podman = http_header(&response, "Libpod-API-Version").len > 0;
	if (code == TARSIER_IO)
		error_set(error, code, "the container engine at %s does not answer: %s", engine->address, reason_of(engine, &reason));
	else if (code < 0)
		error_set(error, code, "%s", reason.message);
	else if (response.status != 200)
		code = error_set(error, TARSIER_IO, "what answers at %s is not a container engine: HTTP %ld to GET /_ping%s",
		                 engine->address, response.status, response.through);
	http_response_free(&response);
	arena_free(&arena);
	return code;
}
