/* requests to Clair, retried if that may help */
#include "clair/internal.h"
#include "format/jwt.h"
#include "net/retry.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum {
	TRIES = 5,             /* if the connection breaks or Clair fails */
	SHORT_SECONDS = 60, CLEANING_SECONDS = 10,
	WORDS = 300,           /* of Clair's error text in a message */
	HEADERS = 4,
};

unsigned clair_seconds(const struct clair *clair)
{
	return clair->config->seconds ? clair->config->seconds : CLAIR_DEFAULT_SECONDS;
}

bool clair_cancelled(const struct clair *clair)
{
	return clair->config->cancelled && atomic_load(clair->config->cancelled);
}

/* ---- one attempt ------------------------------------------------------------------------------------------------- */

/* A token is valid for a minute, so each attempt makes a new one. */
static int add_token(const struct clair *clair, struct arena *arena, const char **header, struct tarsier_error *error)
{
	const struct clair_config *config = clair->config;
	char *token;
	int code = jwt_sign(arena, span_of(config->key), config->issuer ? config->issuer : "tarsier", (int64_t)time(NULL),
	                    &token, error);
	if (code < 0)
		return code;
	*header = arena_format(arena, "Authorization: Bearer %s", token);
	return *header ? TARSIER_OK : error_memory(error);
}

static unsigned seconds_of(const struct clair *clair, const struct clair_call *call)
{
	unsigned most = clair_seconds(clair), wanted = call->seconds ? call->seconds : SHORT_SECONDS;
	if (call->cleaning)
		wanted = CLEANING_SECONDS;
	return wanted < most ? wanted : most;
}

static const atomic_bool *cancelled_of(const struct clair *clair, const struct clair_call *call)
{
	if (call->cleaning)
		return NULL;
	return call->cancelled ? call->cancelled : clair->config->cancelled;
}

/* Receives the pieces of an answer. */
struct clair_sink {
	const struct clair_call *call;
	const struct http_response *response;
	struct tarsier_error error; /* of `take`; code 0: none */
};

static bool on_piece(void *user, span piece)
{
	struct clair_sink *sink = user;
	if (sink->response->status != 200)
		return true;
	return sink->call->take(sink->call->user, piece, &sink->error) >= 0;
}

static int attempt(const struct clair *clair, const struct clair_call *call, const char *url,
                   const atomic_bool *abandoned, struct http_response *response, struct tarsier_error *error)
{
	struct arena arena;
	struct clair_sink sink = {.call = call, .response = response};
	const char *headers[HEADERS] = {"Accept: application/json"};
	size_t count = 1;
	int code = TARSIER_OK;
	arena_init(&arena, &clair->arena->allocator);
	if (call->body.ptr)
		headers[count++] = "Content-Type: application/json";
	if (clair->config->key && clair->generation != CLAIR_V1)
		code = add_token(clair, &arena, &headers[count], error);
	const struct http_request request = {
		.method = call->method, .url = url, .headers = headers, .body = call->body, .seconds = seconds_of(clair, call),
		.limit = CLAIR_ANSWER_LIMIT, .ca_file = clair->config->ca_file, .cancelled = cancelled_of(clair, call),
		.abandoned = abandoned, .sink = call->take ? on_piece : NULL, .user = &sink};
	if (code >= 0 && call->begin)
		code = call->begin(call->user, error);
	if (code >= 0)
		code = http_send(&request, response, error);
	arena_free(&arena);
	return sink.error.code < 0 ? error_set(error, sink.error.code, "%s", sink.error.message) : code;
}

/* ---- retries ----------------------------------------------------------------------------------------------------- */

/* After 429 the pauses together may take as long as the request's time limit. */
static int64_t next_pause(const struct clair *clair, const struct http_response *response, int code,
                          struct retry *retry)
{
	if (clair->server && layer_server_failure(clair->server, NULL) < 0) /* a retry would fail at the same layer */
		return 0;
	return retry_pause(retry, code, response);
}

static int explain(const struct clair *clair, const struct clair_call *call, const struct http_response *response,
                   int code, struct tarsier_error *error)
{
	if (code != TARSIER_IO && (code != TARSIER_LIMIT || call->take))
		return code;
	if (response->trouble == HTTP_TIMED_OUT)
		return error_set(error, TARSIER_BACKEND,
		                 "Clair at %s did not answer %s %s within %u second%s%s (--clair-timeout)",
		                 clair->shown, call->method, call->path, seconds_of(clair, call),
		                 seconds_of(clair, call) == 1 ? "" : "s", response->through);
	char reason[WORDS + 1];
	snprintf(reason, sizeof reason, "%.*s", WORDS, error->message);
	return error_set(error, TARSIER_BACKEND, "Clair does not answer: %s", reason);
}

static int send_all(const struct clair *clair, const struct clair_call *call, const char *url,
                    const atomic_bool *abandoned, struct http_response *response, struct tarsier_error *error)
{
	struct retry retry = {.unreachable = true, .tries = TRIES, .seconds = clair_seconds(clair)};
	for (;;) {
		int code = attempt(clair, call, url, abandoned, response, error);
		int64_t pause = call->retry ? next_pause(clair, response, code, &retry) : 0;
		if (!pause)
			return code < 0 ? explain(clair, call, response, code, error) : TARSIER_OK;
		http_response_free(response);
		memset(response, 0, sizeof *response);
		if (!retry_wait(pause, clair->config->cancelled))
			return error_set(error, TARSIER_CANCELLED, "cancelled");
	}
}

int clair_send(const struct clair *clair, const struct clair_call *call, struct http_response *response,
               struct tarsier_error *error)
{
	struct tarsier_error own = {.code = 0}, *reason = error ? error : &own;
	struct clair_watch watch = {.clair = clair, .call = call};
	char *url = arena_format(clair->arena, "%s%s", call->base, call->path);
	memset(response, 0, sizeof *response);
	if (!url)
		return error_memory(error);
	if (!call->health)
		return send_all(clair, call, url, NULL, response, reason);
	clair_watch_start(&watch);
	int code = send_all(clair, call, url, &watch.is_dead, response, reason);
	clair_watch_stop(&watch);
	return atomic_load(&watch.is_dead) ? error_set(error, TARSIER_BACKEND, "%s", watch.reason) : code;
}

/* ---- reading an answer ------------------------------------------------------------------------------------------- */

int clair_json(const struct clair_call *call, const struct http_response *response, json_t **json,
               struct tarsier_error *error)
{
	struct tarsier_error reason;
	*json = NULL;
	int code = json_parse_strict(buffer_span(&response->body), CLAIR_ANSWER_LIMIT, "JSON", json, &reason);
	if (code >= 0 && json_is_object(*json))
		return TARSIER_OK;
	json_decref(*json);
	*json = NULL;
	if (code == TARSIER_MEMORY)
		return error_memory(error);
	return error_set(error, TARSIER_BACKEND, "Clair's answer to %s %s is not a JSON object%s%s%.200s", call->method,
	                 call->path, response->through, code < 0 ? ": " : "", code < 0 ? reason.message : "");
}

/* v1: {"Error":{"Message":"…"}}; v4: {"code":"…","message":"…"}; proxies: anything. */
const char *clair_error_text(struct arena *arena, const struct http_response *response)
{
	json_t *json = NULL;
	span words = span_trim(buffer_span(&response->body)), first, rest;
	if (json_parse(words, CLAIR_ANSWER_LIMIT, "", &json, NULL) >= 0 && json_is_object(json)) {
		const char *text = json_text(json_member(json, "Error"), "Message");
		words = span_of(*text ? text : json_text(json, "message"));
	} else {
		span_cut(words, '\n', &first, &rest);
		words = span_trim(first);
	}
	if (words.len > WORDS)
		words.len = WORDS;
	const char *copy = words.len ? span_copy(arena, words) : "";
	json_decref(json);
	return copy ? copy : "";
}

static int refused_key(const struct clair *clair, struct tarsier_error *error)
{
	const struct clair_config *config = clair->config;
	if (!config->key)
		return error_set(error, TARSIER_BACKEND,
		                 "Clair at %s requires a token (401): give its pre-shared key with --clair-key-file",
		                 clair->shown);
	return error_set(error, TARSIER_BACKEND,
	                 "Clair at %s rejected our token (401): its auth.psk has another key, does not list the "
	                 "issuer \"%s\" (--clair-issuer), or the two clocks differ", clair->shown, config->issuer
	                 ? config->issuer : "tarsier");
}

/* A request with a body is not redirected: a proxy that turns http into https would receive the layers' headers twice,
 * and may change the method to GET. */
static int moved(const struct clair *clair, const struct clair_call *call, const struct http_response *response,
                 struct tarsier_error *error)
{
	span to = span_trim(http_header(response, "Location"));
	if (span_ends(to, call->path))
		to.len -= strlen(call->path);
	char *url = span_copy(clair->arena, to);
	const char *shown = url ? url_printable(clair->arena, url) : NULL;
	if (!shown)
		return error_memory(error);
	return error_set(error, TARSIER_BACKEND, "Clair at %s has moved to %.300s (%ld for %s %s): give that address",
	                 clair->shown, shown, response->status, call->method, call->path);
}

static bool is_redirect(long status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

int clair_refused(const struct clair *clair, const struct clair_call *call, const struct http_response *response,
                  struct tarsier_error *error)
{
	const char *words = clair_error_text(clair->arena, response);
	if (response->status == 401)
		return refused_key(clair, error);
	if (is_redirect(response->status) && http_header(response, "Location").len)
		return moved(clair, call, response, error);
	if (response->status == 429)
		return error_set(error, TARSIER_BACKEND, "Clair at %s rate-limited the request (429) and every retry: scan "
		                 "later, or raise its index_report_request_concurrency", clair->shown);
	const char *again = retry_is_transient(response->status) && call->retry ? " again and again" : "";
	return error_set(error, TARSIER_BACKEND, "Clair answers %s %s with %ld%s%s%s%s", call->method, call->path,
	                 response->status, again, response->through, *words ? ": " : "", words);
}

/* ---- what a scan leaves with Clair ------------------------------------------------------------------------------- */

int clair_make_nonce(const struct clair_config *config, char nonce[2 * CLAIR_NONCE_BYTES + 1],
                     struct tarsier_error *error)
{
	unsigned char bytes[CLAIR_NONCE_BYTES];
	nonce[0] = '\0';
	if (config->keep)
		return TARSIER_OK;
	if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
		return error_set(error, TARSIER_IO, "the kernel returned no random numbers");
	for (size_t i = 0; i < sizeof bytes; i++)
		snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
	return TARSIER_OK;
}

void clair_clean_up(const struct clair *clair, const struct clair_image *image, const char *path, const char *what)
{
	struct tarsier_error error = {.code = TARSIER_OK};
	struct http_response response;
	const struct clair_call call = {.method = "DELETE", .base = clair->indexer, .path = path, .cleaning = true};
	int code = clair_send(clair, &call, &response, &error);
	if (code >= 0 && response.status != 200 && response.status != 204 && response.status != 404)
		code = clair_refused(clair, &call, &response, &error);
	http_response_free(&response);
	if (code < 0 && clair->config->warn) {
		clair_hide_secrets(image, &error);
		error_prefix(&error, "%s in Clair's database", what);
		clair->config->warn(clair->config->user, error.message);
	}
}
