/* the layers of an image, read side by side */
#include "scan/scan.h"

#include <stdlib.h>
#include <unistd.h>

enum {
	WORKERS = 16,                 /* more layers at once only add memory: 2 MiB of rings each */
	PIPELINE_BYTES = 1024 * 1024, /* a smaller layer is read before three threads have started */
	PIPELINE_THREADS = 3,
};

struct job {
	size_t layer;
	uint64_t size;
};

struct reading {
	struct scan *scan;
	struct layer_options options;
	const struct cache *cache;
	struct layer_index **indexes;
	struct job *jobs; /* largest first */
	size_t job_count;
	atomic_size_t next;
	atomic_bool stop; /* one has failed: start no more */
	atomic_uint_fast64_t kept;
	sem_t large;
	pthread_mutex_t lock;
	int code;         /* of the first that failed; under the lock, as the scan's error */
};

static struct layer_expected expected_of(const struct image_layer *layer)
{
	return (struct layer_expected){.blob = layer->blob, .diff_id = layer->diff_id, .size = layer->size};
}

static int read_blob(const struct reading *reading, const struct job *job, const struct layer_expected *expected,
                     struct layer_index **index, struct tarsier_error *error)
{
	const struct image *image = &reading->scan->image;
	struct layer_options options = reading->options;
	if (job->size < PIPELINE_BYTES)
		options.threads = 1;
	if (digest_is_empty(&expected->blob)) /* nothing else tells what the layer is */
		options.want_diff_id = true;
	struct arena arena;
	struct stream *blob;
	arena_init(&arena, &reading->scan->engine->config.allocator);
	int code = image->open_layer(image, job->layer, &arena, &blob, error);
	if (!code)
		code = layer_read(blob, expected, &options, index, error);
	arena_free(&arena);
	return code;
}

static void tell_done(const struct reading *reading, size_t layer, bool cached)
{
	struct scan *scan = reading->scan;
	const struct layer_index *index = reading->indexes[layer];
	events_post(&scan->events, &(struct tarsier_event){.kind = TARSIER_EVENT_LAYER, .index = layer, .cached = cached,
	                                                   .total = scan->layer_count, .digest = index->blob.text});
}

static void read_job(struct reading *reading, const struct job *job)
{
	struct tarsier_error error;
	const struct image_layer *layer = &reading->scan->image.layers[job->layer];
	struct layer_expected expected = expected_of(layer);
	int code = read_blob(reading, job, &expected, &reading->indexes[job->layer], &error);
	if (!code) {
		cache_put(reading->cache, &expected, reading->indexes[job->layer]);
		tell_done(reading, job->layer, false);
		return;
	}
	const char *name = digest_is_empty(&layer->blob) ? layer->diff_id.text : layer->blob.text;
	error_prefix(&error, "layer %zu of %zu (%s)", job->layer + 1, reading->scan->layer_count, name);
	pthread_mutex_lock(&reading->lock);
	if (!reading->code) {
		reading->code = code;
		if (reading->scan->error)
			*reading->scan->error = error;
	}
	pthread_mutex_unlock(&reading->lock);
	atomic_store(&reading->stop, true);
}

static void *work(void *argument)
{
	struct reading *reading = argument;
	for (;;) {
		size_t next = atomic_fetch_add(&reading->next, 1);
		if (next >= reading->job_count || atomic_load(&reading->stop))
			return NULL;
		read_job(reading, &reading->jobs[next]);
	}
}

static unsigned worker_count(const struct reading *reading)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t count = reading->scan->engine->config.threads;
	if (!count)
		count = processors > 0 ? (size_t)processors : 1;
	if (count > reading->job_count)
		count = reading->job_count;
	return count > WORKERS ? WORKERS : (unsigned)count;
}

/* This thread works too, so that a machine that has no thread left still scans. */
static void work_together(struct reading *reading)
{
	pthread_t threads[WORKERS];
	unsigned started = 0, wanted = worker_count(reading);
	while (started + 1 < wanted && pthread_create(&threads[started], NULL, work, reading) == 0)
		started++;
	work(reading);
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

/* What is not in the cache becomes a job. */
static int find_jobs(struct reading *reading, const struct reader *const *readers)
{
	struct scan *scan = reading->scan;
	uint64_t total = 0;
	reading->jobs = arena_array(&scan->report->arena, scan->layer_count, sizeof *reading->jobs);
	if (!reading->jobs)
		return error_memory(scan->error);
	for (size_t i = 0; i < scan->layer_count; i++) {
		const struct image_layer *layer = &scan->image.layers[i];
		struct layer_expected expected = expected_of(layer);
		struct layer_index *index = cache_get(reading->cache, &expected, readers, &scan->engine->config.allocator);
		if (index && reading->options.want_diff_id && digest_is_empty(&index->diff_id)) {
			layer_index_free(index); /* read once without the check that is asked for now */
			index = NULL;
		}
		reading->indexes[i] = index;
		scan->cached[i] = index != NULL;
		if (index) {
			tell_done(reading, i, true);
			if (atomic_fetch_add(&reading->kept, index->arena.used) + index->arena.used > LAYERS_KEPT_LIMIT)
				return error_set(scan->error, TARSIER_LIMIT, "more than %d MiB are kept of all layers", LAYERS_KEPT_LIMIT >> 20);
			continue;
		}
		uint64_t size = layer->size == UINT64_MAX ? PIPELINE_BYTES : layer->size;
		total = size > UINT64_MAX - total ? UINT64_MAX : total + size;
		reading->jobs[reading->job_count++] = (struct job){.layer = i, .size = size};
	}
	atomic_store(&scan->events.bytes_total, total);
	qsort(reading->jobs, reading->job_count, sizeof *reading->jobs, order_jobs);
	return TARSIER_OK;
}

static int walk_directory(struct scan *scan, const struct layer_options *options, struct layer_index **index)
{
	struct layer_builder *builder;
	int code = layer_builder_new(options, &builder, scan->error);
	if (code)
		return code;
	code = scan->image.walk(&scan->image, builder, scan->error);
	if (code) {
		layer_builder_free(builder);
		return code;
	}
	return layer_builder_finish(builder, index, scan->error);
}

/* A pipe was read in passing: its indexes are there, and there is no second look. Two layers may share one. */
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
	struct reading reading = {.scan = scan, .options = scan->layer_options, .cache = cache, .indexes = indexes};
	reading.options.patterns = patterns;
	reading.options.threads = PIPELINE_THREADS;
	reading.options.kept = &reading.kept;
	if (scan->image.walk)
		return walk_directory(scan, &reading.options, &indexes[0]);
	if (!scan->image.open_layer)
		return take_indexes(scan, patterns, indexes);
	int code = find_jobs(&reading, readers);
	if (code)
		return code;
	pthread_mutex_init(&reading.lock, NULL);
	sem_init(&reading.large, 0, 1);
	reading.options.large = &reading.large;
	if (reading.job_count)
		work_together(&reading);
	sem_destroy(&reading.large);
	pthread_mutex_destroy(&reading.lock);
	if (!reading.code && reading.job_count)
		cache_prune(cache);
	return reading.code;
}
