/* images in a container engine, by Docker's Engine API, which Podman's service has, too */
#include "format/json.h"
#include "net/container_engine.h"
#include "net/http_stream.h"
#include "net/registry_name.h"

#include <string.h>

enum {
	ANSWER_LIMIT = 16 << 20, /* bytes: an engine's description of an image */
	STALL_SECONDS = 600,     /* for an export that has not begun, or stalls: the engine packs large layers first */
};

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static int get(const struct container_engine *engine, struct arena *arena, const char *path, struct http_request request,
               struct http_response *response, struct tarsier_error *error)
{
	struct tarsier_error reason;
	request.method = "GET";
	request.url = arena_format(arena, "%s%s%s", engine->url, engine->version, path);
	request.unix_socket = engine->socket;
	request.ca_file = engine->ca_file;
	request.ca_pem = engine->ca_pem;
	request.certificate = engine->certificate;
	request.key = engine->key;
	request.cancelled = engine->cancelled;
	if (!request.url)
		return error_memory(error);
	int code = http_send(&request, response, &reason);
	if (code == TARSIER_CANCELLED || code == TARSIER_MEMORY)
		return error_set(error, code, "%s", reason.message);
	return code < 0 ? error_set(error, code, "container engine: %s", reason.message) : TARSIER_OK;
}

/* {"message":"…"}; Podman's own routes: {"cause":"…","message":"…"} */
static int refused(const char *path, const struct http_response *response, struct tarsier_error *error)
{
	json_t *json = NULL;
	json_parse(buffer_span(&response->body), ANSWER_LIMIT, "JSON", &json, NULL);
	const char *words = *json_text(json, "message") ? json_text(json, "message") : json_text(json, "cause");
	int code = *words ? error_set(error, TARSIER_FORMAT, "container engine: GET %s: %.300s%s", path, words, response->through)
	                  : error_set(error, TARSIER_FORMAT, "container engine: GET %s: HTTP %ld%s", path, response->status,
	                              response->through);
	json_decref(json);
	return code;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Compares "app:1", or "app" for "app:latest", with its implied hosts and folders in front. */
static bool is_meant(const char *tag, const char *full)
{
	static const char *const understood[] = {"", "localhost/", "docker.io/", "docker.io/library/"};
	span text = span_of(tag);
	for (size_t i = 0; i < sizeof understood / sizeof *understood; i++)
		if (span_starts(text, understood[i]) && span_is(span_from(text, strlen(understood[i])), full))
			return true;
	return false;
}

static bool ends_in(const char *tag, const char *full)
{
	size_t length = strlen(full);
	span text = span_of(tag);
	return text.len > length && text.ptr[text.len - length - 1] == '/' && span_ends(text, full);
}

/* Podman matches app:1 also against an image of any host and folder whose name ends in it: reports show the full name. */
static const char *name_among(struct arena *arena, const json_t *tags, const char *name)
{
	const json_t *item;
	const char *other = NULL;
	size_t i;
	span last = span_from(span_of(name), (size_t)(span_find_last(span_of(name), '/') + 1));
	const char *full = span_find(last, ':') >= 0 ? name : arena_format(arena, "%s:latest", name);
	if (!full || registry_name_has_domain(span_of(name)))
		return full ? name : NULL;
	json_array_foreach(tags, i, item) {
		const char *tag = json_is_string(item) ? json_string_value(item) : "";
		if (is_meant(tag, full))
			return name;
		if (!other && ends_in(tag, full))
			other = tag;
	}
	return other ? arena_string(arena, other) : name;
}

/* ---- looking ----------------------------------------------------------------------------------------------------- */

static int read_image(struct arena *arena, const struct http_response *response, const char *path, const char *name,
                      struct engine_image *image, struct tarsier_error *error)
{
	json_t *json = NULL;
	int code = json_parse(buffer_span(&response->body), ANSWER_LIMIT, "JSON", &json, NULL);
	if (code < 0 || !json_is_object(json)) {
		code = error_set(error, TARSIER_FORMAT, "container engine: GET %s: the answer is not a JSON object%s", path,
		                 response->through);
	} else if (!*json_text(json, "Id")) {
		code = error_set(error, TARSIER_FORMAT, "container engine: GET %s: the answer has no Id", path);
	} else {
		image->id = arena_string(arena, json_text(json, "Id"));
		image->name = name_among(arena, json_list(json, "RepoTags"), name);
		code = image->id && image->name ? TARSIER_OK : error_memory(error);
	}
	json_decref(json);
	return code;
}

/* `asked` is the name in the request, `name` the caller's. */
static int look(const struct container_engine *engine, struct arena *arena, const char *asked, const char *name,
                struct engine_image *image, struct tarsier_error *error)
{
	struct http_response response = {.status = 0};
	char *encoded = url_encode(arena, asked, "/:@");
	const char *path = encoded ? arena_format(arena, "/images/%s/json", encoded) : NULL;
	int code = path ? get(engine, arena, path, (struct http_request){.limit = ANSWER_LIMIT}, &response, error)
	                : error_memory(error);
	if (code >= 0 && response.status == 404)
		code = error_set(error, TARSIER_NOT_FOUND, "the container engine at %s has no image %s", engine->address, name);
	else if (code >= 0 && response.status >= 400)
		code = refused(path, &response, error);
	else if (code >= 0)
		code = read_image(arena, &response, path, name, image, error);
	http_response_free(&response);
	return code;
}

/* `podman build -t app` names its image localhost/app. Podman's own command tries that name first, its Docker API does
 * not. */
int container_engine_image(const struct container_engine *engine, struct arena *arena, const char *name,
                           struct engine_image *image, struct tarsier_error *error)
{
	if (engine->is_podman && !registry_name_has_domain(span_of(name))) {
		const char *local = arena_format(arena, "localhost/%s", name);
		int code = local ? look(engine, arena, local, name, image, error) : error_memory(error);
		if (code != TARSIER_NOT_FOUND)
			return code;
	}
	return look(engine, arena, name, name, image, error);
}

/* ---- export ------------------------------------------------------------------------------------------------------ */

struct export {
	const struct container_engine *engine;
	const char *path;
	struct http_stream *stream;
};

static bool on_piece(void *user, span piece)
{
	struct export *export = user;
	return http_stream_give(export->stream, piece);
}

static int receive(struct http_stream *stream, void *user, struct tarsier_error *error)
{
	struct export *export = user;
	struct http_response response = {.status = 0};
	struct arena arena;
	arena_init(&arena, NULL);
	export->stream = stream;
	const struct http_request request = {.seconds = STALL_SECONDS, .blob = true, .sink = on_piece, .user = export};
	int code = get(export->engine, &arena, export->path, request, &response, error);
	if (code >= 0 && response.status != 200)
		code = refused(export->path, &response, error);
	http_response_free(&response);
	arena_free(&arena);
	return code;
}

int container_engine_export(const struct container_engine *engine, struct arena *arena, const char *id,
                            struct stream **stream, struct tarsier_error *error)
{
	struct export *export = arena_alloc(arena, sizeof *export);
	char *encoded = url_encode(arena, id, "/:@");
	const char *path = encoded ? arena_format(arena, "/images/%s/get", encoded) : NULL;
	if (!export || !path)
		return error_memory(error);
	*export = (struct export){.engine = engine, .path = path};
	return http_stream_new(arena, receive, export, stream, error);
}
