/* libcurl, loaded when first needed, and its handles, which keep their connections */
#ifndef TARSIER_NET_HTTP_HANDLE_H
#define TARSIER_NET_HTTP_HANDLE_H

#include "base/dl.h"
#include "net/http.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

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

/* Fails with UNSUPPORTED if libcurl is missing. Thread-safe. */
int curl_library_load(struct curl_library *library, struct tarsier_error *error);

/* A handle of the pool, or a new one; `pool` may be NULL. NULL if memory ran out. */
CURL *http_handle_take(const struct curl_library *library, struct http_pool *pool);
/* Returns the handle to the pool, or closes it. Resets its options, because they point to memory that may be freed; keeps
 * its connections. */
void http_handle_give(const struct curl_library *library, struct http_pool *pool, CURL *handle);

#endif
