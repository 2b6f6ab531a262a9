#include "net/http_handle.h"

#include <pthread.h>

enum { IDLE_HANDLES = 16 }; /* as many as there are layers read at once */

/* Its global initialisation is thread-safe since 7.84. */
int curl_library_load(struct curl_library *library, struct tarsier_error *error)
{
	int code = DL_LOAD(library, CURL_FUNCTIONS, "libcurl.so.4", "HTTP needs", "libcurl4", error);
	if (code < 0)
		return code;
	return library->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? TARSIER_OK : error_set(error, TARSIER_IO, "libcurl cannot start");
}

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

CURL *http_handle_take(const struct curl_library *library, struct http_pool *pool)
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

void http_handle_give(const struct curl_library *library, struct http_pool *pool, CURL *handle)
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
