/* reads the layers of an image in parallel */
#include "scan/scan.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	WORKERS = 16,                 /* more only need more memory: 2 MiB of queues each */
	PIPELINE_BYTES = 1024 * 1024, /* a smaller layer is read sooner than three threads start */
	PIPELINE_THREADS = 3,
};

struct job {
	size_t layer;
	uint64_t size;
};

struct layer_jobs {
	struct scan *scan;
	struct layer_options options;
	const struct cache *cache;
	struct layer_index **indexes;
	struct job *items; /* largest first */
	size_t count;
	atomic_size_t next;
	atomic_bool stop; /* a layer failed: start no more */
	atomic_uint_fast64_t kept;
	sem_t large;
	pthread_mutex_t lock;
	int code;         /* of the first that failed; guarded by the lock, like the scan's error */
};

static struct layer_expected expected_of(const struct image_layer *layer)
{
	return (struct layer_expected){.blob = layer->blob, .diff_id = layer->diff_id, .size = layer->size};
}

static int read_blob(const struct layer_jobs *jobs, const struct job *job, const struct layer_expected *expected,
                     struct layer_index **index, struct tarsier_error *error)
{
	const struct image *image = &jobs->scan->image;
	struct layer_options options = jobs->options;
	if (job->size < PIPELINE_BYTES)
		options.threads = 1;
	if (digest_is_empty(&expected->blob)) /* nothing else identifies the layer */
		options.want_diff_id = true;
	struct arena arena;
	struct stream *blob;
	arena_init(&arena, &jobs->scan->engine->config.allocator);
	int code = image->open_layer(image, job->layer, &arena, &blob, error);
	if (code >= 0)
		code = layer_read(blob, expected, &options, index, error);
	arena_free(&arena);
	return code;
}

static void tell_done(const struct layer_jobs *jobs, size_t layer, bool cached)
{
	struct scan *scan = jobs->scan;
	const struct layer_index *index = jobs->indexes[layer];
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_LAYER, .index = layer, .cached = cached,
	                                                   .total = scan->layer_count, .digest = index->blob.text});
}

static void read_job(struct layer_jobs *jobs, const struct job *job)
{
	struct tarsier_error error;
	const struct image_layer *layer = &jobs->scan->image.layers[job->layer];
	struct layer_expected expected = expected_of(layer);
	int code = read_blob(jobs, job, &expected, &jobs->indexes[job->layer], &error);
	if (code >= 0) {
		cache_put(jobs->cache, &expected, jobs->indexes[job->layer]);
		tell_done(jobs, job->layer, false);
		return;
	}
	const char *name = digest_is_empty(&layer->blob) ? layer->diff_id.text : layer->blob.text;
	error_prefix(&error, "layer %zu of %zu (%s)", job->layer + 1, jobs->scan->layer_count, name);
	pthread_mutex_lock(&jobs->lock);
	if (jobs->code >= 0) {
		jobs->code = code;
		if (jobs->scan->error)
			*jobs->scan->error = error;
	}
	pthread_mutex_unlock(&jobs->lock);
	atomic_store(&jobs->stop, true);
}

static void *work(void *argument)
{
	struct layer_jobs *jobs = argument;
	for (;;) {
		size_t next = atomic_fetch_add(&jobs->next, 1);
		if (next >= jobs->count || atomic_load(&jobs->stop))
			return NULL;
		read_job(jobs, &jobs->items[next]);
	}
}

static unsigned worker_count(const struct layer_jobs *jobs)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = jobs->scan->engine->config.threads;
	if (!count)
		count = processors > 0 ? (size_t)processors : 1;
	if (count > jobs->count)
		count = jobs->count;
	return count > WORKERS ? WORKERS : (unsigned)count;
}

/* The calling thread works too, so that the scan proceeds if no thread can be started. */
static void work_together(struct layer_jobs *jobs)
{
	pthread_t threads[WORKERS];
	unsigned started = 0, wanted = worker_count(jobs);
	while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, jobs) == 0)
		started++;
	work(jobs);
	while (started)
		pthread_join(threads[--started], NULL);
}

static int order_jobs(const void *a, const void *b)
{
	const struct job *x = a, *y = b;
	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return (x->layer > y->layer) - (x->layer < y->layer);
}

/* Makes a job of each layer that is not in the cache. */
static int find_jobs(struct layer_jobs *jobs, const struct reader *const *readers)
{
	struct scan *scan = jobs->scan;
	uint64_t total = 0;
	jobs->items = arena_array(&scan->report->arena, scan->layer_count, sizeof *jobs->items);
	if (!jobs->items)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++) {
		const struct image_layer *layer = &scan->image.layers[i];
		struct layer_expected expected = expected_of(layer);
		struct layer_index *index = cache_get(jobs->cache, &expected, readers, &scan->engine->config.allocator);
		if (index && jobs->options.want_diff_id && digest_is_empty(&index->diff_id)) {
			layer_index_free(index); /* it was read without the check that is now required */
			index = NULL;
		}
		jobs->indexes[i] = index;
		scan->cached[i] = index != NULL;
		if (index) {
			tell_done(jobs, i, true);
			if (atomic_fetch_add(&jobs->kept, index->arena.used) + index->arena.used > LAYERS_KEPT_LIMIT)
				return error_set(scan->error, TARSIER_LIMIT, "the indexes of all layers take more than %d MiB",
				                 LAYERS_KEPT_LIMIT >> 20);
			continue;
		}
		uint64_t size = layer->size == UINT64_MAX ? PIPELINE_BYTES : layer->size;
		total = size > UINT64_MAX - total ? UINT64_MAX : total + size;
		jobs->items[jobs->count++] = (struct job){.layer = i, .size = size};
	}
	atomic_store(&scan->events.bytes_total, total);
	qsort(jobs->items, jobs->count, sizeof *jobs->items, order_jobs);
	return TARSIER_OK;
}

static int walk_directory(struct scan *scan, const struct layer_options *options, struct layer_index **index)
{
	struct layer_builder *builder;
	int code = layer_builder_new(options, &builder, scan->error);
	if (code < 0)
		return code;
	code = scan->image.walk(&scan->image, builder, scan->error);
	if (code < 0) {
		layer_builder_free(builder);
		return code;
	}
	return layer_builder_finish(builder, index, scan->error);
}

/* A pipe was read while it was opened, so its indexes exist already. Two layers may share one. */
static int take_indexes(struct scan *scan, const struct path_match *patterns, struct layer_index **indexes)
{
	if (patterns != scan->engine->patterns)
		return error_set(scan->error, TARSIER_UNSUPPORTED, "%s: links lead to package databases that no pattern names, and "
		                 "a pipe cannot be read twice: scan a file instead", scan->reference);
	for (size_t i = 0; i < scan->layer_count; i++)
		indexes[i] = layer_index_hold(scan->image.layers[i].index);
	return TARSIER_OK;
}

int scan_layers(struct scan *scan, const struct path_match *patterns, const struct cache *cache,
                const struct reader *const *readers, struct layer_index **indexes)
{
	struct layer_jobs jobs = {.scan = scan, .options = scan->layer_options, .cache = cache, .indexes = indexes};
	jobs.options.patterns = patterns;
	jobs.options.threads = PIPELINE_THREADS;
	jobs.options.kept = &jobs.kept;
	if (scan->image.walk)
		return walk_directory(scan, &jobs.options, &indexes[0]);
	if (!scan->image.open_layer)
		return take_indexes(scan, patterns, indexes);
	int code = find_jobs(&jobs, readers);
	if (code < 0)
		return code;
	pthread_mutex_init(&jobs.lock, NULL);
	sem_init(&jobs.large, 0, 1);
	jobs.options.large = &jobs.large;
	if (jobs.count)
		work_together(&jobs);
	sem_destroy(&jobs.large);
	pthread_mutex_destroy(&jobs.lock);
	if (jobs.code >= 0 && jobs.count)
		cache_prune(cache);
	return jobs.code;
}
