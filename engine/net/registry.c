#include "net/registry_internal.h"
#include "net/retry.h"

#include <stdio.h>
#include <string.h>

enum {
	TRIES = 5,
	BUSY_SECONDS = 60,        /* of waiting after answers with 429 */
	PROBE_SECONDS = 5,
	LAST_PROBE_SECONDS = 20,  /* nothing is left to try after that */
	SLOWEST = 64 * 1024,      /* bytes a second of an upload */
	FRESH = 20,               /* seconds: tokens are valid for at least 60, and Clair needs time to use this one */
};

/* ---- one repository ---------------------------------------------------------------------------------------------- */

/* Does a registry answer by this protocol? Its answer to our credentials does not matter, nor who it says it is: what is asked
 * of it later is verified, on other connections. */
static bool answers(const struct registry *registry, const char *scheme, unsigned seconds, struct arena *arena)
{
	struct http_response response;
	const char *url = arena_format(arena, "%s://%s/v2/", scheme, registry->config.name->host);
	const struct http_request request = {.method = "GET", .url = url, .seconds = seconds,
	                                     .connect_seconds = PROBE_SECONDS, .unverified = true,
	                                     .cancelled = registry->config.cancelled};
	bool ok = url && http_send(&request, &response, NULL) >= 0 &&
	          (response.status == 200 || response.status == 401);
	if (url)
		http_response_free(&response);
	return ok;
}

/* A registry on this machine often has no certificate. */
static const char *scheme_of(const struct registry *registry, struct arena *arena)
{
	if (registry->config.plain_http)
		return "http";
	if (!registry->config.name->loopback || answers(registry, "https", PROBE_SECONDS, arena))
		return "https";
	return answers(registry, "http", LAST_PROBE_SECONDS, arena) ? "http" : "https";
}

static int find_login(struct registry *registry, struct arena *arena, struct tarsier_error *error)
{
	const struct registry_config *config = &registry->config;
	registry->login = (struct registry_login){config->user ? config->user : "", config->password ? config->password : "",
	                                          "", ""};
	if (config->user)
		return TARSIER_OK;
	return registry_login_find(arena, config->name->domain, config->name->path, &registry->login, error);
}

static int prepare(struct registry *registry, struct arena *arena, struct tarsier_error *error)
{
	int code = find_login(registry, arena, error);
	if (code < 0)
		return code;
	registry->origin = arena_format(arena, "%s://%s", scheme_of(registry, arena), registry->name.host);
	if (*registry->login.registry_token)
		registry->authorization = arena_format(arena, "Bearer %s", registry->login.registry_token);
	return registry->origin && registry->authorization ? TARSIER_OK : error_memory(error);
}

int registry_open(struct arena *arena, const struct registry_config *config, struct registry **registry,
                  struct tarsier_error *error)
{
	struct registry *made = arena_alloc(arena, sizeof *made);
	struct http_pool *pool = made ? http_pool_new(arena) : NULL;
	*registry = NULL;
	if (!pool)
		return error_memory(error);
	*made = (struct registry){.config = *config, .name = *config->name, .pool = pool, .authorization = "", .realm = "",
	                          .service = ""};
	made->config.name = &made->name;
	pthread_mutex_init(&made->lock, NULL); /* on Linux it cannot fail */
	arena_init(&made->secrets, &arena->allocator);
	int code = prepare(made, arena, error);
	if (code < 0)
		registry_close(made);
	else
		*registry = made;
	return code;
}

void registry_close(struct registry *registry)
{
	if (!registry)
		return;
	http_pool_free(registry->pool);
	pthread_mutex_destroy(&registry->lock);
	arena_free(&registry->secrets);
}

/* ---- what answers say -------------------------------------------------------------------------------------------- */

static bool sends_basic(struct registry *registry)
{
	pthread_mutex_lock(&registry->lock);
	bool basic = strncmp(registry->authorization, "Basic", 5) == 0;
	pthread_mutex_unlock(&registry->lock);
	return basic;
}

static int refused_login(struct registry *registry, const char *words, long status, struct tarsier_error *error)
{
	const struct registry_name *name = registry->config.name;
	const struct registry_login *login = &registry->login;
	bool known = *login->user || *login->identity_token || *login->registry_token;
	const char *verb = registry->config.writes ? "write to" : "read";
	if (status == 401 && sends_basic(registry))
		return error_set(error, TARSIER_IO, "%s refuses the log-in of %s (401%s%s)", name->domain, login->user,
		                 *words ? " " : "", words);
	if (known)
		return error_set(error, TARSIER_IO, "%s does not let %s %s %s (%ld%s%s): the repository does not exist, or this login may not %s it",
		                 name->domain, *login->user ? login->user : "the owner of this token", verb, name->path, status,
		                 *words ? " " : "", words, verb);
	return error_set(error, TARSIER_IO,
	                 "%s needs a login to %s %s (%ld%s%s), or the repository does not exist: use `docker login %s` or "
	                 "--registry-user", name->domain, verb, name->path, status, *words ? " " : "", words,
	                 name->domain);
}

static int refused(struct registry *registry, const struct registry_call *call, const struct http_response *response,
                   const char *words, struct tarsier_error *error)
{
	const struct registry_name *name = registry->config.name;
	long status = response->status;
	if (status == 404)
		return error_set(error, TARSIER_NOT_FOUND, "%s has no %s %s of %s%s%s%s", name->domain, call->kind, call->which,
		                 name->path, *words ? " (" : "", words, *words ? ")" : "");
	if ((status == 401 || status == 403) && !response->elsewhere)
		return refused_login(registry, words, status, error);
	if (status == 429)
		return error_set(error, TARSIER_IO, "%s rate-limited the request (HTTP 429%s%s): log in, or retry later", name->domain,
		                 *words ? " " : "", words);
	return error_set(error, TARSIER_IO, "%s answered HTTP %ld to the request for the %s %s of %s%s%s%s", name->domain, status, call->kind,
	                 call->which, name->path, *words ? ": " : "", words,
	                 status == 400 && strncmp(registry->origin, "http:", 5) == 0 ? " (it may expect https)" : "");
}

static const char *advice(const struct http_response *response)
{
	switch (response->trouble) {
	case HTTP_UNTRUSTED: return "; give the certificate authority that signed its certificate with --ca-file";
	case HTTP_NO_AUTHORITIES: return " (--ca-file)";
	case HTTP_NO_TLS: return "; if it uses plain HTTP, give --plain-http";
	default: return "";
	}
}

/* ---- one request ------------------------------------------------------------------------------------------------- */

static const char *range_from(struct arena *arena, uint64_t offset)
{
	return arena_format(arena, "Range: bytes=%llu-", (unsigned long long)offset);
}

static const char *url_of(const struct registry *registry, const struct registry_call *call, struct arena *arena)
{
	return call->url ? arena_string(arena, call->url)
	                 : arena_format(arena, "%s/v2/%s/%ss/%s", registry->origin, registry->config.name->path, call->kind, call->which);
}

/* An upload may lead to a storage elsewhere, which the log-in is not for. */
static bool is_ours(const struct registry *registry, const char *url)
{
	struct url own, other;
	return url_split(span_of(registry->origin), &own) && url_split(span_of(url), &other) && url_same_origin(&own, &other);
}

static int send_once(struct registry *registry, const struct registry_call *call, struct arena *arena, unsigned *generation,
                     struct http_response *response, struct tarsier_error *error)
{
	const char *headers[5] = {NULL}, *authorization;
	size_t count = 0;
	memset(response, 0, sizeof *response);
	int code = registry_authorization(registry, INT64_MAX, arena, &authorization, generation, error);
	if (code < 0)
		return code;
	const char *url = url_of(registry, call, arena);
	bool ok = url != NULL;
	if (call->accept)
		headers[count++] = call->accept;
	if (call->content_type)
		headers[count++] = call->content_type;
	if (*authorization && url && is_ours(registry, url))
		ok = (headers[count++] = arena_format(arena, "Authorization: %s", authorization)) && ok;
	if (call->progress && call->progress->received)
		ok = (headers[count++] = range_from(arena, call->progress->received)) && ok;
	if (call->progress)
		call->progress->offset = UINT64_MAX;
	if (!ok)
		return error_memory(error);
	const struct http_request request = {
		.method = call->method ? call->method : "GET", .url = url, .headers = headers, .limit = call->limit,
		.seconds = REGISTRY_SECONDS + (unsigned)(call->body.len / SLOWEST), .body = call->body,
		.ca_file = registry->config.ca_file, .blob = call->sink != NULL,
		.sink = call->sink, .user = call->user, .cancelled = registry->config.cancelled, .pool = registry->pool};
	return http_send(&request, response, error);
}

static bool is_good(const struct http_response *response)
{
	return response->status >= 200 && response->status < 300;
}

/* The outcome of the last attempt. */
static int judge(struct registry *registry, const struct registry_call *call, const struct http_response *response, int code,
                 struct tarsier_error *error)
{
	struct arena arena;
	if (code == TARSIER_IO) {
		const struct tarsier_error reason = *error;
		return error_set(error, code, "%s%s", reason.message, advice(response));
	}
	if (code < 0 || is_good(response))
		return code;
	arena_init(&arena, NULL);
	code = refused(registry, call, response, registry_words(&arena, response), error);
	error_append(error, "%s", response->through);
	arena_free(&arena);
	return code;
}

int registry_get(struct registry *registry, const struct registry_call *call, struct http_response *response,
                 struct tarsier_error *error)
{
	struct retry retry = {.unreachable = call->progress, .tries = TRIES, .seconds = BUSY_SECONDS};
	struct tarsier_error own;
	bool renewed = false;
	error = error ? error : &own;
	for (;;) {
		struct arena arena;
		unsigned generation;
		int64_t pause = 0;
		arena_init(&arena, &registry->secrets.allocator);
		int code = send_once(registry, call, &arena, &generation, response, error);
		arena_free(&arena);
		bool again = code >= 0 && response->status == 401 && !renewed && !response->elsewhere;
		if (again && (code = registry_renew(registry, generation, response, error)) < 0)
			return code;
		if (!again && !(call->progress && call->progress->stopped))
			pause = retry_pause(&retry, code, response);
		if (!again && !pause)
			return judge(registry, call, response, code, error);
		http_response_free(response);
		memset(response, 0, sizeof *response);
		if (!retry_wait(pause, registry->config.cancelled))
			return error_set(error, TARSIER_CANCELLED, "cancelled");
		renewed = again;
	}
}

/* Reads the whole body into `into`. */
static int get_document(struct registry *registry, const struct registry_call *call, struct buffer *into,
                        struct http_response *response, struct tarsier_error *error)
{
	int code = registry_get(registry, call, response, error);
	if (code >= 0 && !buffer_add(into, response->body.data, response->body.length))
		code = error_memory(error);
	return code;
}

/* ---- manifests and small blobs ----------------------------------------------------------------------------------- */

static const char accept[] =
	"Accept: application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, "
	"application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json";

/* Compares the digest of the received bytes with the registry's header. A header that is not a digest is ignored. */
static int identify(const struct http_response *response, struct digest *digest, struct tarsier_error *error)
{
	struct digest promised;
	int code = digest_of(buffer_span(&response->body), digest, error);
	if (code < 0 || digest_parse(http_header(response, "Docker-Content-Digest"), &promised, NULL) < 0)
		return code;
	return digest_check(buffer_span(&response->body), &promised, UINT64_MAX, error);
}

int registry_tagged(struct registry *registry, const char *tag, size_t limit, struct buffer *into, struct digest *digest,
                    struct tarsier_error *error)
{
	struct http_response response;
	const struct registry_call call = {.kind = "manifest", .which = tag, .accept = accept, .limit = limit};
	int code = get_document(registry, &call, into, &response, error);
	if (code >= 0)
		code = identify(&response, digest, error);
	http_response_free(&response);
	return code;
}

int registry_manifest(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into,
                      struct tarsier_error *error)
{
	struct http_response response;
	const struct registry_call call = {.kind = "manifest", .which = digest->text, .accept = accept, .limit = limit};
	int code = get_document(registry, &call, into, &response, error);
	http_response_free(&response);
	return code;
}

int registry_blob(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into,
                  struct tarsier_error *error)
{
	struct http_response response;
	const struct registry_call call = {.kind = "blob", .which = digest->text, .limit = limit};
	int code = get_document(registry, &call, into, &response, error);
	http_response_free(&response);
	return code;
}

/* An API that a registry does not have is not always answered with 404. */
static bool has_no_referrers_api(long status)
{
	return status == 400 || status == 404 || status == 405 || status == 501;
}

int registry_referrers(struct registry *registry, const struct digest *digest, size_t limit, struct buffer *into, bool *more,
                       struct tarsier_error *error)
{
	struct http_response response;
	struct digest unused;
	const struct registry_call call = {.kind = "referrer", .which = digest->text, .limit = limit,
	                                   .accept = "Accept: application/vnd.oci.image.index.v1+json"};
	int code = get_document(registry, &call, into, &response, error);
	bool is_missing = code < 0 && has_no_referrers_api(response.status);
	*more = code >= 0 && span_contains(http_header(&response, "Link"), "next");
	http_response_free(&response);
	if (!is_missing)
		return code;
	char tag[sizeof digest->text];
	snprintf(tag, sizeof tag, "%s", digest->text);
	*strchr(tag, ':') = '-';
	return registry_tagged(registry, tag, limit, into, &unused, error);
}

int registry_address(struct registry *registry, struct arena *arena, const struct digest *digest, const char **url,
                     const char **authorization, struct tarsier_error *error)
{
	unsigned generation;
	*url = arena_format(arena, "%s/v2/%s/blobs/%s", registry->origin, registry->config.name->path, digest->text);
	if (!*url)
		return error_memory(error);
	return registry_authorization(registry, FRESH, arena, authorization, &generation, error);
}
