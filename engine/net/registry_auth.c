/* log-ins at a registry: Basic, and tokens from the server that it names */
#include "base/clock.h"
#include "format/base64.h"
#include "format/json.h"
#include "net/registry_challenge.h"
#include "net/registry_internal.h"
#include "net/retry.h"

#include <string.h>

enum {
	TRIES = 3, BUSY_SECONDS = 30,
	TOKEN_LIMIT = 64 * 1024,   /* the largest seen have 4 KiB */
	ANSWER_LIMIT = 256 * 1024,
};

/* ---- Basic ------------------------------------------------------------------------------------------------------- */

static char *basic(struct arena *arena, const struct registry_login *login)
{
	char *pair = arena_format(arena, "%s:%s", login->user, login->password);
	char *encoded = pair ? base64_encode(arena, span_of(pair)) : NULL;
	return encoded ? arena_format(arena, "Basic %s", encoded) : NULL;
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

/* "service=…&scope=repository:NAME:pull": to read this repository, and no more, whatever the registry proposes; to write to it,
 * if that was asked for. */
static char *wish(const struct registry *registry, struct arena *arena)
{
	char *service = url_encode(arena, registry->service, ""), *path = url_encode(arena, registry->config.name->path, "");
	if (!service || !path)
		return NULL;
	return arena_format(arena, "%s%s%sscope=repository%%3A%s%%3Apull%s", *service ? "service=" : "", service,
	                    *service ? "&" : "", path, registry->config.writes ? "%2Cpush" : "");
}

struct token_request {
	const char *url, *headers[3];
	span body;
};

/* Token authentication: GET, with Basic if there is a user. An identity token goes as OAuth 2 has it: a form. */
static bool make_request(const struct registry *registry, struct arena *arena, struct token_request *request)
{
	const struct registry_login *login = &registry->login;
	char *query = wish(registry, arena);
	*request = (struct token_request){.url = registry->realm};
	if (!query)
		return false;
	if (*login->identity_token) {
		char *token = url_encode(arena, login->identity_token, "");
		char *form = token ? arena_format(arena, "grant_type=refresh_token&client_id=tarsier&%s&refresh_token=%s", query, token)
		                   : NULL;
		request->headers[0] = "Content-Type: application/x-www-form-urlencoded";
		request->body = span_of(form);
		return form != NULL;
	}
	request->url = arena_format(arena, "%s%s%s", registry->realm, strchr(registry->realm, '?') ? "&" : "?", query);
	if (!*login->user)
		return request->url != NULL;
	char *authorization = basic(arena, login);
	request->headers[0] = authorization ? arena_format(arena, "Authorization: %s", authorization) : NULL;
	return request->url && request->headers[0];
}

static int ask(struct registry *registry, struct arena *arena, struct http_response *response, struct tarsier_error *error)
{
	struct token_request wanted;
	struct retry retry = {.tries = TRIES, .seconds = BUSY_SECONDS};
	memset(response, 0, sizeof *response);
	if (!make_request(registry, arena, &wanted))
		return error_memory(error);
	const struct http_request request = {
		.method = wanted.body.ptr ? "POST" : "GET", .url = wanted.url, .headers = wanted.headers, .body = wanted.body,
		.seconds = REGISTRY_SECONDS, .limit = ANSWER_LIMIT, .ca_file = registry->config.ca_file,
		.cancelled = registry->config.cancelled, .pool = registry->pool};
	for (;;) {
		int code = http_send(&request, response, error);
		int64_t pause = retry_pause(&retry, code, response);
		if (!pause)
			return code;
		http_response_free(response);
		memset(response, 0, sizeof *response);
		if (!retry_wait(pause, registry->config.cancelled))
			return error_set(error, TARSIER_CANCELLED, "cancelled");
	}
}

/* It goes into a header, so nothing else may. */
static bool is_visible(const char *text)
{
	size_t length = 0;
	for (; text[length]; length++)
		if (text[length] <= ' ' || text[length] >= 127)
			return false;
	return length > 0 && length <= TOKEN_LIMIT;
}

/* {"token":"…"} or OAuth 2's {"access_token":"…"} */
static int read_token(struct registry *registry, const struct http_response *response, struct tarsier_error *error)
{
	json_t *json = NULL;
	int code = json_parse(buffer_span(&response->body), ANSWER_LIMIT, "JSON", &json, NULL);
	const char *token = *json_text(json, "token") ? json_text(json, "token") : json_text(json, "access_token");
	if (code < 0 || !is_visible(token))
		code = error_set(error, TARSIER_FORMAT, "%s: no token for %s in the answer of its token server", registry->realm,
		                 registry->config.name->domain);
	else if (!(registry->authorization = arena_format(&registry->secrets, "Bearer %s", token)))
		code = error_memory(error);
	json_decref(json);
	return code;
}

static int refused_token(const struct registry *registry, struct arena *arena, const struct http_response *response,
                         struct tarsier_error *error)
{
	const char *words = registry_words(arena, response), *user = registry->login.user;
	const char *domain = registry->config.name->domain;
	if (response->status != 401 && response->status != 403 && response->status != 400)
		return error_set(error, TARSIER_IO, "%s, the token server of %s, answered HTTP %ld%s%s", registry->realm, domain,
		                 response->status, *words ? ": " : "", words);
	if (!*user && !*registry->login.identity_token)
		return error_set(error, TARSIER_IO, "%s needs a login to read %s (%ld%s%s): use `docker login %s` or --registry-user",
		                 domain, registry->config.name->path, response->status, *words ? " " : "", words, domain);
	return error_set(error, TARSIER_IO, "%s refuses the log-in of %s (%ld%s%s)", domain,
	                 *user ? user : "this identity token", response->status, *words ? " " : "", words);
}

/* Under the lock: a token from where the registry says. */
static int fetch_token(struct registry *registry, struct tarsier_error *error)
{
	struct arena arena;
	struct http_response response;
	arena_init(&arena, &registry->secrets.allocator);
	int code = ask(registry, &arena, &response, error);
	if (code == TARSIER_IO)
		error_prefix(error, "a token for %s", registry->config.name->domain);
	else if (code >= 0 && response.status == 200)
		code = read_token(registry, &response, error);
	else if (code >= 0) {
		code = refused_token(registry, &arena, &response, error);
		error_append(error, "%s", response.through);
	}
	registry->made = clock_milliseconds() / 1000;
	registry->generation++;
	http_response_free(&response);
	arena_free(&arena);
	return code;
}

/* ---- the registry's ---------------------------------------------------------------------------------------------- */

static int check_realm(const struct registry *registry, const char *realm, struct tarsier_error *error)
{
	bool secret = *registry->login.password || *registry->login.identity_token;
	if (registry_realm_is_allowed(registry->origin, realm, secret))
		return TARSIER_OK;
	if (secret && registry_realm_is_allowed(registry->origin, realm, false))
		return error_set(error, TARSIER_FORMAT, "%s, which is read without TLS, names \"%.200s\" as the server that gives "
		                 "tokens: a password goes to another host only if both are read over https",
		                 registry->config.name->domain, realm);
	return error_set(error, TARSIER_FORMAT, "%s names \"%.200s\" as the server that gives tokens, which is not an https address",
	                 registry->config.name->domain, realm);
}

static int make_authorization(struct registry *registry, const struct registry_challenge *challenge, struct tarsier_error *error)
{
	const char *domain = registry->config.name->domain;
	bool known = *registry->login.user && !*registry->login.identity_token;
	if (challenge->bearer && *challenge->realm) {
		registry->realm = challenge->realm;
		registry->service = challenge->service;
		int code = check_realm(registry, challenge->realm, error);
		return code < 0 ? code : fetch_token(registry, error);
	}
	if (challenge->basic && known) {
		registry->authorization = basic(&registry->secrets, &registry->login);
		registry->generation++;
		return registry->authorization ? TARSIER_OK : error_memory(error);
	}
	if (challenge->basic)
		return error_set(error, TARSIER_IO, "%s needs a login to read %s: use `docker login %s` or --registry-user", domain,
		                 registry->config.name->path, domain);
	return error_set(error, TARSIER_IO, "%s asks for a kind of login (401) that is not supported: neither Basic nor Bearer", domain);
}

int registry_renew(struct registry *registry, unsigned generation, const struct http_response *refusal,
                   struct tarsier_error *error)
{
	struct registry_challenge challenge;
	int code = TARSIER_OK;
	pthread_mutex_lock(&registry->lock);
	if (generation == registry->generation) { /* else another thread was faster */
		if (!registry_challenge_read(&registry->secrets, refusal, &challenge))
			code = error_memory(error);
		else
			code = make_authorization(registry, &challenge, error);
		if (code < 0) /* nothing half made is sent */
			registry->authorization = "";
	}
	pthread_mutex_unlock(&registry->lock);
	return code;
}

int registry_authorization(struct registry *registry, int64_t age, struct arena *arena, const char **authorization,
                           unsigned *generation, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	pthread_mutex_lock(&registry->lock);
	if (*registry->realm && clock_milliseconds() / 1000 - registry->made > age)
		code = fetch_token(registry, error);
	*generation = registry->generation;
	*authorization = code < 0 ? "" : arena_string(arena, registry->authorization);
	pthread_mutex_unlock(&registry->lock);
	return *authorization ? code : error_memory(error);
}
