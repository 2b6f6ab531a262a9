#include "clair/clair.h"

#include "clair/internal.h"
#include "format/jwt.h"

#include <stdio.h>
#include <string.h>

/* ---- the configuration ------------------------------------------------------------------------------------------- */

static int check_url(const char *url, const char *what, struct tarsier_error *error)
{
	span text = span_of(url), rest = {"", 0};
	if (span_starts(text, "http://"))
		rest = span_from(text, 7);
	else if (span_starts(text, "https://"))
		rest = span_from(text, 8);
	if (rest.len && rest.ptr[0] != '/' && !span_contains(text, " ") && !span_contains(text, "?") &&
	    !span_contains(text, "#"))
		return TARSIER_OK;
	return error_set(error, TARSIER_USAGE, "\"%s\" is not a valid address of %s: write http://host:6060 or https://…",
	                 url, what);
}

static int check_key(const struct clair_config *config, struct tarsier_error *error)
{
	struct arena arena;
	char *token;
	arena_init(&arena, NULL);
	int code = jwt_sign(&arena, span_of(config->key), "tarsier", 0, &token, error);
	arena_free(&arena);
	return code;
}

int clair_check(const struct clair_config *config, struct tarsier_error *error)
{
	int code = check_url(config->indexer, "Clair", error);
	if (code >= 0 && config->matcher)
		code = check_url(config->matcher, "Clair's matcher", error);
	if (code >= 0 && config->api && strcmp(config->api, "v1") != 0 && strcmp(config->api, "v4") != 0)
		code = error_set(error, TARSIER_USAGE, "\"%s\" is not an API of Clair: use v1 (Clair v2) or v4", config->api);
	if (code >= 0 && config->key)
		code = check_key(config, error);
	if (code >= 0 && config->layer_host)
		code = layer_server_check_host(config->layer_host, error);
	if (code >= 0 && config->layer_port > UINT16_MAX)
		code = error_set(error, TARSIER_USAGE, "port %u for the layer server is invalid: the highest port is 65535",
		                 config->layer_port);
	return code;
}

static char *trimmed(struct arena *arena, const char *url)
{
	span text = span_of(url);
	while (text.len && text.ptr[text.len - 1] == '/')
		text.len--;
	return span_copy(arena, text);
}

static int start(struct clair *clair, const struct clair_config *config, struct arena *arena,
                 struct tarsier_error *error)
{
	*clair = (struct clair){.config = config, .arena = arena};
	int code = clair_check(config, error);
	if (code < 0)
		return code;
	clair->indexer = trimmed(arena, config->indexer);
	clair->matcher = config->matcher ? trimmed(arena, config->matcher) : clair->indexer;
	clair->shown = clair->indexer ? url_printable(arena, clair->indexer) : NULL;
	return clair->indexer && clair->matcher && clair->shown ? TARSIER_OK : error_memory(error);
}

/* ---- detecting the API ------------------------------------------------------------------------------------------- */

static const struct clair_shape namespace_keys[] = {{"Name", CLAIR_TEXT, 0, NULL}, {.key = NULL}};
static const struct clair_shape namespace = {.kind = CLAIR_OBJECT, .inside = namespace_keys};
static const struct clair_shape namespaces = {
	.key = "Namespaces", .kind = CLAIR_LIST, .lack = CLAIR_MAY_BE_NULL, .inside = &namespace};

/* Accepts v1 if the answer is v1's. Another answer is not an error while the API is being detected. */
static int read_namespaces(struct clair *clair, const struct clair_call *call, const struct http_response *response,
                           struct tarsier_error *error)
{
	const bool given = clair->generation == CLAIR_V1;
	json_t *json = NULL;
	int code = clair_json(call, response, &json, given ? error : NULL);
	json_t *list = json_object_get(json, "Namespaces");
	if (!list && !given)
		code = TARSIER_OK;
	else if (code >= 0)
		code = clair_check_json(list, &namespaces, "Namespaces", "Clair's answer to GET /v1/namespaces", error);
	if (code >= 0 && list) {
		clair->generation = CLAIR_V1;
		clair->namespaces = json_incref(list);
	}
	json_decref(json);
	return code;
}

/* GET /v1/namespaces: 200 {"Namespaces":[…]|null}. Sets clair->namespaces if it is v1, and *status to the HTTP status
 * of the answer, 0 if there was none. */
static int ask_v1(struct clair *clair, long *status, struct tarsier_error *error)
{
	const struct clair_call call = {.method = "GET", .base = clair->indexer, .path = "/v1/namespaces"};
	struct http_response response;
	int code = clair_send(clair, &call, &response, error);
	*status = code < 0 ? 0 : response.status;
	bool own = code >= 0 && span_is_nocase(http_header(&response, "Server"), "clair");
	if (code >= 0 && response.status == 200)
		code = read_namespaces(clair, &call, &response, error);
	else if (code >= 0 && ((own && response.status >= 500) || clair->generation == CLAIR_V1))
		code = clair_refused(clair, &call, &response, error);
	http_response_free(&response);
	return code;
}

/* GET /indexer/api/v1/index_state: 200 {"state":"…"}. On entry *status is the answer of v1's address, afterwards the
 * one of this address. */
static int ask_v4(struct clair *clair, long *status, struct tarsier_error *error)
{
	const struct clair_call call = {.method = "GET", .base = clair->indexer, .path = "/indexer/api/v1/index_state"};
	struct http_response response;
	json_t *json = NULL;
	int code = clair_send(clair, &call, &response, error);
	if (code >= 0 && response.status == 200)
		clair_json(&call, &response, &json, NULL);
	if (code >= 0 && json && *json_text(json, "state"))
		clair->generation = CLAIR_V4;
	else if (code >= 0 && (response.status == 401 || response.status >= 500 || clair->generation == CLAIR_V4))
		code = clair_refused(clair, &call, &response, error);
	else if (code >= 0)
		code = error_set(error, TARSIER_BACKEND,
		                 "what answers at %s is not Clair%s: GET /v1/namespaces gives %ld, GET %s gives %ld",
		                 clair->shown, response.through, *status, call.path, response.status);
	*status = response.status;
	json_decref(json);
	http_response_free(&response);
	return code;
}

/* The caller named an API that this server does not have: asks once whether it has the other one, for the message. */
static int tell_other(const struct clair *clair, struct tarsier_error *error)
{
	const bool is_v1 = clair->generation == CLAIR_V1;
	const char *given = is_v1 ? "v1" : "v4", *spoken = is_v1 ? "v4" : "v1";
	struct clair other = *clair;
	long status = 0;
	other.generation = CLAIR_UNKNOWN;
	other.namespaces = NULL;
	int code = is_v1 ? ask_v4(&other, &status, NULL) : ask_v1(&other, &status, NULL);
	bool found = code >= 0 && other.generation != CLAIR_UNKNOWN;
	json_decref(other.namespaces);
	if (!found)
		return TARSIER_BACKEND;
	return error_set(error, TARSIER_BACKEND,
	                 "the Clair at %s has the API %s, not %s: give --clair-api %s, or omit the option",
	                 clair->shown, spoken, given, spoken);
}

static int detect(struct clair *clair, struct tarsier_error *error)
{
	const char *api = clair->config->api;
	long status = 0;
	int code = TARSIER_OK;
	if (api)
		clair->generation = strcmp(api, "v1") == 0 ? CLAIR_V1 : CLAIR_V4;
	if (clair->generation != CLAIR_V4)
		code = ask_v1(clair, &status, error);
	if (code >= 0 && !clair->namespaces)
		code = ask_v4(clair, &status, error);
	return code == TARSIER_BACKEND && api && status ? tell_other(clair, error) : code;
}

/* ---- its status -------------------------------------------------------------------------------------------------- */

static void describe_v1(const struct clair *clair, struct clair_status *status)
{
	size_t count = json_array_size(clair->namespaces);
	status->generation = "v1";
	status->ready = count > 0;
	snprintf(status->detail, sizeof status->detail, !count ? "its vulnerability database is empty"
	         : count == 1 ? "%zu namespace" : "%zu namespaces", count);
}

int clair_status(const struct clair_config *config, struct clair_status *status, struct tarsier_error *error)
{
	struct arena arena;
	struct clair clair;
	arena_init(&arena, NULL);
	*status = (struct clair_status){.generation = ""};
	int code = start(&clair, config, &arena, error);
	if (code >= 0)
		code = detect(&clair, error);
	if (code >= 0 && clair.generation == CLAIR_V1)
		describe_v1(&clair, status);
	if (code >= 0 && clair.generation == CLAIR_V4) {
		status->generation = "v4";
		code = clair_v4_ready(&clair, &status->ready, error);
		snprintf(status->detail, sizeof status->detail, status->ready ? "its matcher has vulnerabilities"
		         : "its matcher's vulnerability database was never filled");
	}
	json_decref(clair.namespaces);
	arena_free(&arena);
	return code;
}

/* ---- a scan ------------------------------------------------------------------------------------------------------ */

/* Clair may know the layer host by a name or a route that this machine does not have. So a failure here is a warning
 * only. The error repeats it if Clair then cannot fetch a layer. */
static int check_reach(struct clair *clair, struct tarsier_error *error)
{
	struct tarsier_error own;
	int code = layer_server_reach(clair->server, &own);
	if (code != TARSIER_BACKEND)
		return code < 0 ? error_set(error, code, "%s", own.message) : TARSIER_OK;
	clair->doubt = arena_string(clair->arena, own.message);
	if (!clair->doubt)
		return error_memory(error);
	if (clair->config->warn)
		clair->config->warn(clair->config->user, clair->doubt);
	return TARSIER_OK;
}

/* Returns true if the layers are at our layer server or at another place. */
static int scan_placed(struct clair *clair, struct clair_image *image, struct clair_result *result,
                       struct tarsier_error *error)
{
	int code = clair_place_layers(clair, image, error);
	if (code >= 0 && image->server)
		code = check_reach(clair, error);
	if (code >= 0)
		code = clair->generation == CLAIR_V1 ? clair_v1_scan(clair, image, result, error)
		                                     : clair_v4_scan(clair, image, result, error);
	if (code >= 0)
		clair_report_layers(clair, image);
	else
		clair_hide_secrets(image, error);
	return code;
}

static void on_fetch(void *user, size_t layer)
{
	const struct clair *clair = user;
	clair_layer_begins(clair, layer, layer_server_digest(clair->server, layer)->text);
}

static int serve_and_scan(struct clair *clair, struct clair_image *image, struct clair_result *result,
                          struct tarsier_error *error)
{
	const struct clair_config *config = clair->config;
	const struct layer_server_options options = {
		.host = config->layer_host, .port = config->layer_port, .bytes = config->bytes,
		.allocator = &clair->arena->allocator, .cancelled = config->cancelled,
		.fetch = clair->generation == CLAIR_V4 ? on_fetch : NULL, .user = clair};
	struct tarsier_error own;
	int code = layer_server_start(clair->arena, image->image, &options, &image->server, error);
	if (code < 0)
		return code;
	clair->server = image->server;
	if (config->serving)
		config->serving(config->user, layer_server_port(image->server));
	code = scan_placed(clair, image, result, error);
	/* This is the cause of all other failures. */
	if (code != TARSIER_CANCELLED && layer_server_failure(image->server, &own) < 0)
		code = error_set(error, own.code, "%s", own.message);
	layer_server_stop(image->server);
	clair->server = NULL;
	return code;
}

int clair_scan(const struct clair_config *config, struct arena *arena, const struct image *image,
               struct clair_result *result, struct tarsier_error *error)
{
	struct clair clair;
	struct clair_image sent = {.image = image, .count = image->layer_count};
	*result = (struct clair_result){.distro = {.id = "", .version = "", .codename = "", .name = "", .id_like = "",
	                                           .ecosystem = "", .evidence = ""}, .backend = ""};
	if (!image->open_layer || image->walk)
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "%s: Clair fetches layers one by one, and these can only be read as a stream: give "
		                 "an archive that is not compressed as a whole, or an OCI layout", image->about.reference);
	int code = start(&clair, config, arena, error);
	if (code >= 0)
		code = detect(&clair, error);
	if (code >= 0 && clair.generation == CLAIR_V1 && json_array_size(clair.namespaces) == 0)
		code = error_set(error, TARSIER_BACKEND,
		                 "the vulnerability database of Clair at %s is empty: wait until it has read its "
		                 "sources (`tarsier clair wait`)", clair.shown);
	result->backend = clair.generation == CLAIR_V1 ? "clair-v1" : "clair-v4";
	if (code >= 0 && sent.count)
		code = clair_layers_elsewhere(config, image) ? scan_placed(&clair, &sent, result, error)
		                                             : serve_and_scan(&clair, &sent, result, error);
	json_decref(clair.namespaces);
	return code;
}
