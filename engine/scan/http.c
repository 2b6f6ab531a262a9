/* tarsier.h's HTTP client, and access to container engines */
#include "net/container_engine.h"

#include "base/config.h"

#include <stdlib.h>

/* ---- container engines ------------------------------------------------------------------------------------------ */

struct tarsier_container { struct arena arena; struct container_engine engine; };

int tarsier_container_open(const char *address, const char *ca_file, tarsier_container **container, struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error_or(error, &own);
	*container = NULL;
	tarsier_container *opened = calloc(1, sizeof *opened);
	if (!opened)
		return error_memory(error);
	arena_init(&opened->arena, NULL);
	int code = container_engine_find(&opened->arena, address ? arena_string(&opened->arena, address) : NULL,
	                                 ca_file ? arena_string(&opened->arena, ca_file) : NULL, &opened->engine, error);
	if (code >= 0)
		code = container_engine_ping(&opened->engine, error);
	if (code < 0)
		tarsier_container_free(opened);
	else
		*container = opened;
	return code;
}

const char *tarsier_container_address(const tarsier_container *container)
{
	return container->engine.address;
}

int tarsier_container_is_podman(const tarsier_container *container)
{
	return container->engine.is_podman;
}

void tarsier_container_free(tarsier_container *container)
{
	if (container)
		arena_free(&container->arena);
	free(container);
}

/* ---- requests --------------------------------------------------------------------------------------------------- */

/* The result given to the host. The public record comes first, so both have the same address. */
struct held_response { struct tarsier_http_response public; struct http_response own; };

struct piece_listener { const struct tarsier_http_request *request; };

static bool on_piece(void *user, span piece)
{
	const struct piece_listener *listener = user;
	return listener->request->on_body(listener->request->user, piece.ptr, piece.len) == 0;
}

static struct http_request translate(const struct tarsier_http_request *given, struct piece_listener *listener)
{
	struct http_request request = {
		.method = given->method ? given->method : "GET", .url = given->url, .unix_socket = given->unix_socket,
		.headers = given->headers, .body = {given->body, given->body_length}, .connect_seconds = given->connect_seconds,
		.seconds = given->seconds, .limit = given->limit, .blob = given->blob, .ca_file = given->ca_file};
	if (given->on_body) {
		request.sink = on_piece;
		request.user = listener;
	}
	return request;
}

static int publish(struct held_response *held, struct tarsier_error *error)
{
	if (!buffer_add(&held->own.headers, "", 1)) /* the terminating NUL */
		return error_memory(error);
	const span body = buffer_span(&held->own.body);
	held->public.status = held->own.status;
	held->public.headers = buffer_span(&held->own.headers).ptr;
	held->public.body = body.len ? body.ptr : "";
	held->public.body_length = body.len;
	return TARSIER_OK;
}

/* For a container engine the URL is a path of its API. */
static int send(const struct tarsier_http_request *given, struct piece_listener *listener, struct http_response *response,
                struct tarsier_error *error)
{
	struct http_request request = translate(given, listener);
	struct arena arena;
	if (!given->container)
		return http_send(&request, response, error);
	const struct container_engine *engine = &given->container->engine;
	arena_init(&arena, NULL);
	request.url = arena_format(&arena, "%s%s%s", engine->url, engine->version, given->url);
	request.unix_socket = engine->socket;
	request.ca_file = engine->ca_file;
	request.ca_pem = engine->ca_pem;
	request.certificate = engine->certificate;
	request.key = engine->key;
	int code = request.url ? http_send(&request, response, error) : error_memory(error);
	arena_free(&arena);
	return code;
}

int tarsier_http(const struct tarsier_http_request *given, struct tarsier_http_response **response, struct tarsier_error *error)
{
	struct tarsier_http_request whole;
	struct tarsier_error own;
	struct piece_listener listener = {&whole};
	error = error_or(error, &own);
	*response = NULL;
	int code = config_take(&whole, sizeof whole, given, "tarsier_http_request", error);
	if (code < 0)
		return code;
	if (!whole.url)
		return error_set(error, TARSIER_USAGE, "tarsier_http: the request has no URL");
	struct held_response *held = calloc(1, sizeof *held);
	if (!held)
		return error_memory(error);
	code = send(&whole, &listener, &held->own, error);
	if (code >= 0)
		code = publish(held, error);
	if (code < 0)
		tarsier_http_response_free(&held->public);
	else
		*response = &held->public;
	return code;
}

void tarsier_http_response_free(struct tarsier_http_response *response)
{
	struct held_response *held = (struct held_response *)response;
	if (held)
		http_response_free(&held->own);
	free(held);
}

void tarsier_http_request_init_size(struct tarsier_http_request *request, size_t size)
{
	config_clear(request, size);
}
