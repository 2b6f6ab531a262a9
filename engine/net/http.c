#include "net/http.h"

#include "base/dl.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
	DEFAULT_CONNECT_SECONDS = 10,
	DEFAULT_SECONDS = 60,
	DEFAULT_LIMIT = 16 * 1024 * 1024,
	HEADERS_LIMIT = 256 * 1024, /* libcurl's own is 300 KiB */
	REDIRECTS = 5,
	BLOB_PACE = 4096,            /* bytes that must come in `seconds`: a byte now and then could go on for ever */
	IDLE_HANDLES = 16,           /* as many as layers are read at once */
};

#define CURL_FUNCTIONS(X) \
	X(global_init, curl_global_init) \
	X(easy_init, curl_easy_init) \
	X(easy_setopt, curl_easy_setopt) \
	X(easy_perform, curl_easy_perform) \
	X(easy_getinfo, curl_easy_getinfo) \
	X(easy_reset, curl_easy_reset) \
	X(easy_cleanup, curl_easy_cleanup) \
	X(easy_strerror, curl_easy_strerror) \
	X(slist_append, curl_slist_append) \
	X(slist_free_all, curl_slist_free_all)

struct curl_library { CURL_FUNCTIONS(DL_FIELD) };

/* Its global initialisation is thread-safe since 7.84. */
static int load(struct curl_library *library, struct tarsier_error *error)
{
	int code = DL_LOAD(library, CURL_FUNCTIONS, "libcurl.so.4", "HTTP needs", "libcurl4", error);
	if (code < 0)
		return code;
	return library->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? TARSIER_OK : error_set(error, TARSIER_IO, "libcurl cannot start");
}

/* ---- what libcurl calls --------------------------------------------------------------------------------------------- */

struct http_transfer {
	const struct http_request *request;
	struct http_response *response;
	const struct curl_library *library;
	CURL *curl;
	const struct buffer *too_large; /* which of the response's has no room left */
	bool stalled;
	time_t heard;     /* when BLOB_PACE bytes had come last */
	size_t unheard;   /* bytes since */
};

static time_t seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static unsigned seconds_of(const struct http_request *request)
{
	return request->seconds ? request->seconds : DEFAULT_SECONDS;
}

static bool wants_sink(const struct http_transfer *transfer)
{
	long *status = &transfer->response->status;
	if (transfer->request->sink)
		transfer->library->easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, status);
	return *status >= 200 && *status < 300;
}

/* The time that the sink took is not the server's. */
static void hear(struct http_transfer *transfer, size_t length, time_t sinking)
{
	transfer->heard += sinking;
	transfer->unheard += length;
	if (transfer->unheard < BLOB_PACE)
		return;
	transfer->heard = seconds_now();
	transfer->unheard = 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct http_transfer *transfer = user;
	if (wants_sink(transfer)) {
		span piece = {data, size * count};
		time_t before = seconds_now();
		bool taken = transfer->request->sink(transfer->request->user, piece);
		hear(transfer, piece.len, seconds_now() - before);
		return taken ? piece.len : CURL_WRITEFUNC_ERROR;
	}
	if (buffer_add(&transfer->response->body, data, size * count))
		return size * count;
	transfer->too_large = &transfer->response->body;
	return CURL_WRITEFUNC_ERROR;
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
	struct http_transfer *transfer = user;
	span line = {data, size * count};
	if (span_starts(line, "HTTP/")) /* the next answer: after a redirect, a proxy's or an interim one */
		transfer->response->headers.length = 0;
	if (buffer_add(&transfer->response->headers, line.ptr, line.len))
		return line.len;
	transfer->too_large = &transfer->response->headers;
	return CURL_WRITEFUNC_ERROR;
}

static int on_progress(void *user, curl_off_t total_down, curl_off_t down, curl_off_t total_up, curl_off_t up)
{
	(void)total_down, (void)down, (void)total_up, (void)up;
	struct http_transfer *transfer = user;
	const struct http_request *request = transfer->request;
	transfer->stalled = request->blob && seconds_now() - transfer->heard > (time_t)seconds_of(request);
	return transfer->stalled || (request->cancelled && atomic_load(request->cancelled));
}

/* ---- connections that are kept ------------------------------------------------------------------------------------- */

/* Each handle keeps its own. */
struct http_pool {
	pthread_mutex_t lock;
	CURL *idle[IDLE_HANDLES];
	size_t count;
	void (*cleanup)(CURL *);
};

struct http_pool *http_pool_new(struct arena *arena)
{
	struct http_pool *pool = arena_alloc(arena, sizeof *pool);
	if (pool)
		pthread_mutex_init(&pool->lock, NULL); /* on Linux it cannot fail */
	return pool;
}

void http_pool_free(struct http_pool *pool)
{
	if (!pool)
		return;
	while (pool->count)
		pool->cleanup(pool->idle[--pool->count]);
	pthread_mutex_destroy(&pool->lock);
}

static CURL *take_handle(const struct curl_library *library, struct http_pool *pool)
{
	CURL *handle = NULL;
	if (!pool)
		return library->easy_init();
	pthread_mutex_lock(&pool->lock);
	if (pool->count)
		handle = pool->idle[--pool->count];
	pthread_mutex_unlock(&pool->lock);
	return handle ? handle : library->easy_init();
}

/* Its options point to what is gone by now; its connections stay. */
static void give_handle(const struct curl_library *library, struct http_pool *pool, CURL *handle)
{
	bool kept = false;
	library->easy_reset(handle);
	if (pool) {
		pthread_mutex_lock(&pool->lock);
		kept = pool->count < IDLE_HANDLES;
		pool->cleanup = library->easy_cleanup;
		if (kept)
			pool->idle[pool->count++] = handle;
		pthread_mutex_unlock(&pool->lock);
	}
	if (!kept)
		library->easy_cleanup(handle);
}

/* ---- one request ------------------------------------------------------------------------------------------------------ */

static struct curl_slist *make_headers(const struct curl_library *library, const struct http_request *request, bool *ok)
{
	/* No "Expect: 100-continue": it only costs a round trip here. */
	struct curl_slist *list = library->slist_append(NULL, "Expect:");
	*ok = list != NULL;
	for (const char *const *header = request->headers; header && *header && *ok; header++) {
		struct curl_slist *longer = library->slist_append(list, *header);
		*ok = longer != NULL;
		list = longer ? longer : list;
	}
	return list;
}

static void set_method(const struct curl_library *library, CURL *curl, const struct http_request *request)
{
	if (request->body.ptr) {
		library->easy_setopt(curl, CURLOPT_POST, 1L);
		library->easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
		library->easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
	}
	if (strcmp(request->method, "HEAD") == 0)
		library->easy_setopt(curl, CURLOPT_NOBODY, 1L);
	else
		library->easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request->method);
}

static void set_options(const struct curl_library *library, CURL *curl, struct http_transfer *transfer, char *reason)
{
	const struct http_request *request = transfer->request;
	library->easy_setopt(curl, CURLOPT_URL, request->url);
	library->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	library->easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	library->easy_setopt(curl, CURLOPT_FOLLOWLOCATION, request->body.ptr ? 0L : 1L);
	library->easy_setopt(curl, CURLOPT_MAXREDIRS, (long)REDIRECTS);
	library->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (!request->blob)
		library->easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	library->easy_setopt(curl, CURLOPT_USERAGENT, "tarsier/" TARSIER_VERSION);
	library->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)(request->connect_seconds ? request->connect_seconds : DEFAULT_CONNECT_SECONDS));
	library->easy_setopt(curl, CURLOPT_TIMEOUT, request->blob ? 0L : (long)seconds_of(request));
	library->easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	library->easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	library->easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	library->easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	library->easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	library->easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	library->easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	library->easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	if (request->unix_socket) {
		library->easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
		library->easy_setopt(curl, CURLOPT_PROXY, ""); /* whatever the environment says */
	}
	if (request->direct)
		library->easy_setopt(curl, CURLOPT_PROXY, "");
	if (request->ca_file) {
		library->easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
		library->easy_setopt(curl, CURLOPT_CAPATH, NULL); /* where Debian's libcurl would look too */
	}
	set_method(library, curl, request);
}

char *http_printable(struct arena *arena, const char *url)
{
	const char *scheme = strstr(url, "://");
	const char *host = scheme ? scheme + 3 : url;
	const char *path = host + strcspn(host, "/?#");
	const char *at = memrchr(host, '@', (size_t)(path - host));
	return at ? arena_format(arena, "%.*s%s", (int)(host - url), url, at + 1) : arena_string(arena, url);
}

/* OpenSSL finds nothing wrong with a certificate that is another host's. */
static enum http_trouble trouble_with_certificate(const struct http_transfer *transfer)
{
	long verdict = 1;
	transfer->library->easy_getinfo(transfer->curl, CURLINFO_SSL_VERIFYRESULT, &verdict);
	return verdict ? HTTP_UNTRUSTED : HTTP_OTHER_HOST;
}

static enum http_trouble trouble_of(const struct http_transfer *transfer, CURLcode result)
{
	switch (result) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_RESOLVE_PROXY:
	case CURLE_COULDNT_CONNECT: return HTTP_NO_CONNECTION;
	case CURLE_OPERATION_TIMEDOUT: return HTTP_TIMED_OUT;
	case CURLE_PEER_FAILED_VERIFICATION: return trouble_with_certificate(transfer);
	case CURLE_SSL_CONNECT_ERROR: return HTTP_NO_TLS;
	case CURLE_SSL_CACERT_BADFILE: return HTTP_NO_AUTHORITIES;
	case CURLE_TOO_MANY_REDIRECTS:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT: return HTTP_BAD_REDIRECT;
	default: return HTTP_NO_TROUBLE;
	}
}

static int explain(const struct http_transfer *transfer, CURLcode result, const char *reason, struct tarsier_error *error)
{
	struct arena arena;
	arena_init(&arena, NULL);
	const struct http_request *request = transfer->request;
	const char *url = http_printable(&arena, request->url);
	int code;
	transfer->response->status = 0;
	transfer->response->trouble = transfer->stalled ? HTTP_TIMED_OUT : trouble_of(transfer, result);
	if (request->cancelled && atomic_load(request->cancelled))
		code = error_set(error, TARSIER_CANCELLED, "cancelled");
	else if (transfer->stalled)
		code = error_set(error, TARSIER_IO, "%s %s: it stood still for %u seconds", request->method, url,
		                 seconds_of(request));
	else if (transfer->too_large)
		code = error_set(error, TARSIER_LIMIT, "%s %s: the answer%s larger than %zu bytes", request->method, url,
		                 transfer->too_large == &transfer->response->headers ? "'s headers are" : " is", transfer->too_large->limit);
	else if (result == CURLE_OUT_OF_MEMORY && transfer->response->headers.length) /* what libcurl says of a line beyond 100 KiB, too */
		code = error_set(error, TARSIER_LIMIT, "%s %s: the answer has a header that is longer than libcurl takes", request->method, url);
	else
		code = error_set(error, result == CURLE_OUT_OF_MEMORY ? TARSIER_MEMORY : TARSIER_IO, "%s %s: %s", request->method, url, reason);
	arena_free(&arena);
	return code;
}

static int perform(const struct curl_library *library, CURL *curl, struct http_transfer *transfer, struct tarsier_error *error)
{
	char reason[CURL_ERROR_SIZE] = "";
	bool ok;
	struct curl_slist *headers = make_headers(library, transfer->request, &ok);
	int code = ok ? TARSIER_OK : error_memory(error);
	if (code >= 0) {
		set_options(library, curl, transfer, reason);
		library->easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
		CURLcode result = library->easy_perform(curl);
		if (result != CURLE_OK)
			code = explain(transfer, result, *reason ? reason : library->easy_strerror(result), error);
		else
			library->easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &transfer->response->status);
	}
	library->slist_free_all(headers);
	return code;
}

int http_send(const struct http_request *request, struct http_response *response, struct tarsier_error *error)
{
	memset(response, 0, sizeof *response);
	buffer_init(&response->headers, NULL);
	buffer_init(&response->body, NULL);
	response->headers.limit = HEADERS_LIMIT;
	response->body.limit = request->limit ? request->limit : DEFAULT_LIMIT;
	struct curl_library library;
	int code = load(&library, error);
	if (code < 0)
		return code;
	CURL *curl = take_handle(&library, request->pool);
	if (!curl)
		return error_memory(error);
	struct http_transfer transfer = {.request = request, .response = response, .library = &library, .curl = curl,
	                            .heard = seconds_now()};
	code = perform(&library, curl, &transfer, error);
	give_handle(&library, request->pool, curl);
	return code;
}

void http_response_free(struct http_response *response)
{
	buffer_free(&response->headers);
	buffer_free(&response->body);
}

span http_header(const struct http_response *response, const char *name)
{
	span rest = buffer_span(&response->headers), line, key, value;
	while (span_next(&rest, '\n', &line))
		if (span_cut(line, ':', &key, &value) && span_is_nocase(span_trim(key), name))
			return span_trim(value);
	return SPAN("");
}
