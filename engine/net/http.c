#include "net/http.h"

#include "base/clock.h"
#include "net/http_handle.h"
#include "net/proxy.h"

#include <stdio.h>
#include <string.h>

enum {
	DEFAULT_CONNECT_SECONDS = 10,
	DEFAULT_SECONDS = 60,
	DEFAULT_LIMIT = 16 * 1024 * 1024,
	HEADERS_LIMIT = 256 * 1024, /* libcurl's own is 300 KiB */
	REDIRECTS = 5,
	BLOB_PACE = 4096,            /* bytes that must arrive in `seconds`, so that a byte now and then does not go on for ever */
};

/* ---- what libcurl calls --------------------------------------------------------------------------------------------- */

struct http_transfer {
	const struct http_request *request;
	struct http_response *response;
	const struct curl_library *library;
	CURL *curl;
	struct arena arena;             /* for the URLs of redirects */
	const char *url;                /* of the current request */
	const char *proxy;              /* "" for none */
	int64_t started;
	const struct buffer *too_large; /* the response's buffer that is full; or NULL */
	bool stalled;
	int64_t heard;    /* time at which the last BLOB_PACE bytes were complete */
	size_t unheard;   /* bytes since then */
};

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

/* The sink's own time does not count as the server's. */
static void hear(struct http_transfer *transfer, size_t length, int64_t sinking)
{
	transfer->heard += sinking;
	transfer->unheard += length;
	if (transfer->unheard < BLOB_PACE)
		return;
	transfer->heard = clock_milliseconds();
	transfer->unheard = 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *user)
{
	struct http_transfer *transfer = user;
	if (wants_sink(transfer)) {
		span piece = {data, size * count};
		int64_t before = clock_milliseconds();
		bool taken = transfer->request->sink(transfer->request->user, piece);
		hear(transfer, piece.len, clock_milliseconds() - before);
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
	if (span_starts(line, "HTTP/")) /* the next answer, after a redirect, a proxy's answer or an interim one */
		transfer->response->headers.length = 0;
	if (buffer_add(&transfer->response->headers, line.ptr, line.len))
		return line.len;
	transfer->too_large = &transfer->response->headers;
	return CURL_WRITEFUNC_ERROR;
}

static bool is_cancelled(const struct http_request *request)
{
	return (request->cancelled && atomic_load(request->cancelled)) || (request->abandoned && atomic_load(request->abandoned));
}

static int on_progress(void *user, curl_off_t total_down, curl_off_t down, curl_off_t total_up, curl_off_t up)
{
	(void)total_down, (void)down, (void)total_up, (void)up;
	struct http_transfer *transfer = user;
	const struct http_request *request = transfer->request;
	transfer->stalled = request->blob && clock_milliseconds() - transfer->heard > clock_timeout(seconds_of(request));
	return transfer->stalled || is_cancelled(request);
}

/* ---- one request ------------------------------------------------------------------------------------------------------ */

static bool is_authorization(const char *header)
{
	span name, value;
	return span_cut(span_of(header), ':', &name, &value) && span_is_nocase(span_trim(name), "Authorization");
}

static struct curl_slist *make_headers(const struct curl_library *library, const struct http_transfer *transfer, bool *ok)
{
	/* No "Expect: 100-continue": it only costs a round trip here. */
	struct curl_slist *list = library->slist_append(NULL, "Expect:");
	*ok = list != NULL;
	for (const char *const *header = transfer->request->headers; header && *header && *ok; header++) {
		if (transfer->response->elsewhere && is_authorization(*header))
			continue;
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

static void set_callbacks(const struct curl_library *library, CURL *curl, struct http_transfer *transfer)
{
	library->easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	library->easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
	library->easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	library->easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
	library->easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
	library->easy_setopt(curl, CURLOPT_XFERINFODATA, transfer);
	library->easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static void set_tls(const struct curl_library *library, CURL *curl, const struct http_request *request)
{
	library->easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, request->unverified ? 0L : 1L);
	library->easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, request->unverified ? 0L : 2L);
	if (request->ca_file) {
		library->easy_setopt(curl, CURLOPT_CAINFO, request->ca_file);
		library->easy_setopt(curl, CURLOPT_PROXY_CAINFO, request->ca_file);
	}
	if (request->ca_pem.len) {
		struct curl_blob blob = {.data = (void *)request->ca_pem.ptr, .len = request->ca_pem.len, .flags = CURL_BLOB_NOCOPY};
		library->easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
	}
	if (request->ca_file || request->ca_pem.len)
		library->easy_setopt(curl, CURLOPT_CAPATH, NULL); /* where Debian's libcurl would look too */
	if (request->certificate)
		library->easy_setopt(curl, CURLOPT_SSLCERT, request->certificate);
	if (request->key)
		library->easy_setopt(curl, CURLOPT_SSLKEY, request->key);
}

/* Milliseconds left for all answers of one request: at least one, since 0 would mean no limit. */
static long time_left(const struct http_transfer *transfer)
{
	int64_t left = transfer->started + clock_timeout(seconds_of(transfer->request)) - clock_milliseconds();
	return left > 1 ? (long)left : 1;
}

/* We follow redirects ourselves, since each URL may need another proxy. */
static void set_options(const struct curl_library *library, CURL *curl, struct http_transfer *transfer, char *reason)
{
	const struct http_request *request = transfer->request;
	unsigned connect_seconds = request->connect_seconds ? request->connect_seconds : DEFAULT_CONNECT_SECONDS;
	library->easy_setopt(curl, CURLOPT_URL, transfer->url);
	library->easy_setopt(curl, CURLOPT_PROXY, transfer->proxy);
	library->easy_setopt(curl, CURLOPT_NOPROXY, ""); /* proxy_for has decided already */
	library->easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	library->easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (!request->blob)
		library->easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
	library->easy_setopt(curl, CURLOPT_USERAGENT, "tarsier/" TARSIER_VERSION);
	library->easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)clock_timeout(connect_seconds));
	library->easy_setopt(curl, CURLOPT_TIMEOUT_MS, request->blob ? 0L : time_left(transfer));
	library->easy_setopt(curl, CURLOPT_ERRORBUFFER, reason);
	if (request->unix_socket)
		library->easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, request->unix_socket);
	set_callbacks(library, curl, transfer);
	set_tls(library, curl, request);
	set_method(library, curl, request);
}

/* OpenSSL reports no error for a certificate of another host. */
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

static int explain_in(struct arena *arena, const struct http_transfer *transfer, CURLcode result, const char *reason,
                      struct tarsier_error *error)
{
	const struct http_request *request = transfer->request;
	const struct http_response *response = transfer->response;
	const char *url = url_printable(arena, request->url), *method = request->method, *through = response->through;
	if (is_cancelled(request))
		return error_set(error, TARSIER_CANCELLED, "cancelled");
	if (transfer->stalled)
		return error_set(error, TARSIER_IO, "%s %s: stalled for %u seconds%s", method, url, seconds_of(request), through);
	if (transfer->too_large)
		return error_set(error, TARSIER_LIMIT, "%s %s: the answer%s larger than %zu bytes%s", method, url,
		                 transfer->too_large == &response->headers ? "'s headers are" : " is", transfer->too_large->limit, through);
	if (result == CURLE_OUT_OF_MEMORY && response->headers.length) /* libcurl also returns this for a line over 100 KiB */
		return error_set(error, TARSIER_LIMIT, "%s %s: the answer has a header that is too long for libcurl%s", method, url, through);
	return error_set(error, result == CURLE_OUT_OF_MEMORY ? TARSIER_MEMORY : TARSIER_IO, "%s %s: %s%s", method, url, reason, through);
}

static int explain(struct http_transfer *transfer, CURLcode result, const char *reason, struct tarsier_error *error)
{
	transfer->response->status = 0;
	transfer->response->trouble = transfer->stalled ? HTTP_TIMED_OUT : trouble_of(transfer, result);
	return explain_in(&transfer->arena, transfer, result, reason, error);
}

static int perform_once(struct http_transfer *transfer, struct tarsier_error *error)
{
	const struct curl_library *library = transfer->library;
	char reason[CURL_ERROR_SIZE] = "";
	bool ok;
	struct curl_slist *headers = make_headers(library, transfer, &ok);
	int code = ok ? TARSIER_OK : error_memory(error);
	if (code >= 0) {
		set_options(library, transfer->curl, transfer, reason);
		library->easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, headers);
		CURLcode result = library->easy_perform(transfer->curl);
		if (result != CURLE_OK)
			code = explain(transfer, result, *reason ? reason : library->easy_strerror(result), error);
		else
			library->easy_getinfo(transfer->curl, CURLINFO_RESPONSE_CODE, &transfer->response->status);
	}
	library->slist_free_all(headers);
	return code;
}

/* ---- proxies and redirects ------------------------------------------------------------------------------------------ */

static int choose_proxy(struct http_transfer *transfer, struct tarsier_error *error)
{
	const struct http_request *request = transfer->request;
	struct url url;
	bool may = !request->direct && !request->unix_socket && url_split(span_of(transfer->url), &url);
	const char *proxy = may ? proxy_for(&url) : NULL;
	char *shown = url_printable(&transfer->arena, proxy ? proxy : "");
	transfer->proxy = proxy ? arena_string(&transfer->arena, proxy) : "";
	if (!shown || !transfer->proxy)
		return error_memory(error);
	*transfer->response->through = '\0';
	if (proxy)
		snprintf(transfer->response->through, sizeof transfer->response->through, " (through the proxy %s)", shown);
	return TARSIER_OK;
}

/* A Location may contain spaces, which browsers and libcurl encode. Returns NULL if memory ran out. */
static char *without_spaces(struct arena *arena, const char *url)
{
	char *out = arena_array(arena, strlen(url) + 1, 3), *end = out;
	for (; out && *url; url++) {
		if (*url != ' ')
			*end++ = *url;
		else
			url_encode_byte(' ', end), end += 3;
	}
	return out;
}

/* The target of a redirect. The first URL's user and password are kept for the same origin. */
static int take_redirect(struct http_transfer *transfer, const char *location, struct tarsier_error *error)
{
	struct url first, next;
	struct arena *arena = &transfer->arena;
	char *url = without_spaces(arena, location);
	bool same = url && url_split(span_of(transfer->request->url), &first) && url_split(span_of(url), &next) &&
	            url_same_origin(&first, &next);
	transfer->response->elsewhere = !same;
	if (same && first.user.len && !next.user.len)
		url = arena_format(arena, "%.*s://%.*s@%s", SPAN_WHOLE(next.scheme), SPAN_WHOLE(first.user),
		                   url + next.scheme.len + strlen("://"));
	transfer->url = url;
	transfer->response->body.length = 0;
	return url ? TARSIER_OK : error_memory(error);
}

static int perform(struct http_transfer *transfer, struct tarsier_error *error)
{
	for (unsigned hops = 0;; hops++) {
		char *location = NULL;
		int code = choose_proxy(transfer, error);
		if (code >= 0)
			code = perform_once(transfer, error);
		if (code < 0 || transfer->request->body.ptr)
			return code;
		transfer->library->easy_getinfo(transfer->curl, CURLINFO_REDIRECT_URL, &location);
		if (!location)
			return TARSIER_OK;
		if (hops == REDIRECTS)
			return explain(transfer, CURLE_TOO_MANY_REDIRECTS, "more than 5 redirects", error);
		if ((code = take_redirect(transfer, location, error)) < 0)
			return code;
	}
}

int http_send(const struct http_request *request, struct http_response *response, struct tarsier_error *error)
{
	memset(response, 0, sizeof *response);
	buffer_init(&response->headers, NULL);
	buffer_init(&response->body, NULL);
	response->headers.limit = HEADERS_LIMIT;
	response->body.limit = request->limit ? request->limit : DEFAULT_LIMIT;
	struct curl_library library;
	int code = curl_library_load(&library, error);
	if (code < 0)
		return code;
	CURL *curl = http_handle_take(&library, request->pool);
	if (!curl)
		return error_memory(error);
	struct http_transfer transfer = {.request = request, .response = response, .library = &library, .curl = curl,
	                                 .url = request->url, .heard = clock_milliseconds(), .started = clock_milliseconds()};
	arena_init(&transfer.arena, NULL);
	code = perform(&transfer, error);
	http_handle_give(&library, request->pool, curl);
	arena_free(&transfer.arena);
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
