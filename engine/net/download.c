/* several downloads at once */
#include "net/download.h"

#include "base/clock.h"
#include "base/config.h"

#include <errno.h>
#include <pthread.h>

enum { PARALLEL = 4, PARALLEL_MOST = 16, TICK_MS = 200 };

struct downloading {
	struct tarsier_download *list;
	size_t count, next, finished; /* under the lock, as `working` */
	unsigned working;
	const struct tarsier_download_options *options;
	struct http_pool *pool;
	struct download_tally tally;
	pthread_mutex_t lock;
	pthread_cond_t changed;
};

static struct tarsier_download *take(struct downloading *downloading)
{
	struct tarsier_download *one = NULL;
	pthread_mutex_lock(&downloading->lock);
	if (downloading->next < downloading->count)
		one = &downloading->list[downloading->next++];
	pthread_mutex_unlock(&downloading->lock);
	return one;
}

static void *work(void *user)
{
	struct downloading *downloading = user;
	for (struct tarsier_download *one; (one = take(downloading));) {
		download_file(one, downloading->options, downloading->pool, &downloading->tally);
		pthread_mutex_lock(&downloading->lock);
		downloading->finished++;
		pthread_mutex_unlock(&downloading->lock);
	}
	pthread_mutex_lock(&downloading->lock);
	downloading->working--;
	pthread_cond_signal(&downloading->changed);
	pthread_mutex_unlock(&downloading->lock);
	return NULL;
}

static void tell(struct downloading *downloading, size_t finished)
{
	const struct tarsier_download_options *options = downloading->options;
	struct download_tally *tally = &downloading->tally;
	if (options->on_progress && options->on_progress(options->user, atomic_load(&tally->done), atomic_load(&tally->total), finished))
		atomic_store(&tally->cancelled, true);
}

/* Calls on_progress without the lock, until the last thread is done. */
static void watch(struct downloading *downloading)
{
	bool working = true;
	while (working) {
		const struct timespec until = clock_after(CLOCK_REALTIME, TICK_MS);
		pthread_mutex_lock(&downloading->lock);
		while (downloading->working && pthread_cond_timedwait(&downloading->changed, &downloading->lock, &until) != ETIMEDOUT)
			;
		working = downloading->working;
		size_t finished = downloading->finished;
		pthread_mutex_unlock(&downloading->lock);
		tell(downloading, finished);
	}
}

static void run(struct downloading *downloading)
{
	unsigned wanted = downloading->options->parallel ? downloading->options->parallel : PARALLEL, started = 0;
	pthread_t threads[PARALLEL_MOST];
	wanted = wanted > PARALLEL_MOST ? PARALLEL_MOST : wanted;
	wanted = wanted < downloading->count ? wanted : (unsigned)downloading->count;
	downloading->working = wanted;
	while (started < wanted && pthread_create(&threads[started], NULL, work, downloading) == 0)
		started++;
	unsigned threads_made = started;
	if (!started && wanted) { /* no thread to be had: fetch them here */
		work(downloading);
		started = 1;
	}
	pthread_mutex_lock(&downloading->lock);
	downloading->working -= wanted - started;
	pthread_mutex_unlock(&downloading->lock);
	watch(downloading);
	for (unsigned i = 0; i < threads_made; i++)
		pthread_join(threads[i], NULL);
}

static int outcome(const struct downloading *downloading, struct tarsier_error *error)
{
	for (size_t i = 0; i < downloading->count; i++)
		if (downloading->list[i].error.code < 0) {
			*error = downloading->list[i].error;
			return error->code;
		}
	return TARSIER_OK;
}

int tarsier_download(struct tarsier_download *downloads, size_t count, const struct tarsier_download_options *options,
                     struct tarsier_error *error)
{
	struct tarsier_download_options whole;
	struct tarsier_error own;
	struct arena arena;
	error = error_or(error, &own);
	int code = config_take(&whole, sizeof whole, options, "tarsier_download_options", error);
	if (code < 0)
		return code;
	arena_init(&arena, NULL);
	struct downloading downloading = {.list = downloads, .count = count, .options = &whole, .pool = http_pool_new(&arena)};
	if (!downloading.pool)
		return error_memory(error);
	pthread_mutex_init(&downloading.lock, NULL); /* on Linux these cannot fail */
	pthread_cond_init(&downloading.changed, NULL);
	run(&downloading);
	pthread_cond_destroy(&downloading.changed);
	pthread_mutex_destroy(&downloading.lock);
	http_pool_free(downloading.pool);
	arena_free(&arena);
	return outcome(&downloading, error);
}

void tarsier_download_options_init_size(struct tarsier_download_options *options, size_t size)
{
	config_clear(options, size);
}
