/* the engine of tarsier.h: opening, closing, and a thread for each scan */
#include "layer/secrets.h"
#include "scan/scan.h"

#include "base/config.h"
#include "database/rating.h"
#include "scan/readers.h"

#include <stdlib.h>
#include <string.h>

const char *tarsier_version(void)
{
	return TARSIER_VERSION;
}

enum { DEFAULT_CACHE_LIMIT = 1024 * 1024 * 1024 };

void tarsier_config_init_size(struct tarsier_config *config, size_t size)
{
	config_clear(config, size);
}

void(tarsier_config_init)(struct tarsier_config *config)
{
	config_clear(config, offsetof(struct tarsier_config, registry_user)); /* the end of the first version's struct */
}

/* ---- opening and closing ----------------------------------------------------------------------------------------- */

static bool copy_strings(struct arena *arena, const char **const strings[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (*strings[i] && !(*strings[i] = arena_string(arena, *strings[i])))
			return false;
	return true;
}

const char *const *strings_copy(struct arena *arena, const char *const *list)
{
	size_t count = 0;
	while (list[count])
		count++;
	const char **copy = arena_array(arena, count + 1, sizeof *copy);
	for (size_t i = 0; copy && i < count; i++)
		if (!(copy[i] = arena_string(arena, list[i])))
			return NULL;
	return copy;
}

static int take_config(struct tarsier_config *whole, const struct tarsier_config *config, struct tarsier_error *error)
{
	return config_take(whole, sizeof *whole, config, "tarsier_config", error);
}

static int copy_config(tarsier_engine *engine, const struct tarsier_config *config, struct tarsier_error *error)
{
	struct tarsier_config *own = &engine->config;
	*own = *config;
	const char **const strings[] = {&own->database, &own->cache_dir, &own->platform, &own->today, &own->clair, &own->clair_matcher,
	                                &own->clair_api, &own->clair_key, &own->clair_issuer, &own->layer_host, &own->clair_report,
	                                &own->ca_file, &own->registry_user, &own->registry_password,
	                                &own->severity_sources};
	if (!copy_strings(&engine->arena, strings, sizeof strings / sizeof *strings))
		return error_memory(error);
	if (own->advisories && !(own->advisories = strings_copy(&engine->arena, own->advisories)))
		return error_memory(error);
	if (!own->cache_limit)
		own->cache_limit = DEFAULT_CACHE_LIMIT;
	return TARSIER_OK;
}

/* A scan with Clair does not need the layer cache. An invalid option for Clair fails here, before any scan. */
static int prepare_layers(tarsier_engine *engine, struct tarsier_error *error)
{
	struct tarsier_config *config = &engine->config;
	if (config->clair) {
		struct clair_config clair = scan_clair_config(config);
		return clair_check(&clair, error);
	}
	engine->fingerprint = host_readers_fingerprint(engine, readers_fingerprint(&engine->arena, readers_all));
	if (engine->fingerprint && config->files) /* what is kept of a layer is another thing then */
		engine->fingerprint = arena_format(&engine->arena, "%s\nlisting", engine->fingerprint);
	if (engine->fingerprint && config->hashes)
		engine->fingerprint = arena_format(&engine->arena, "%s\nhashes", engine->fingerprint);
	if (engine->fingerprint && config->secrets)
		engine->fingerprint = arena_format(&engine->arena, "%s\nsecrets:%d", engine->fingerprint, SECRETS_VERSION);
	if (!engine->fingerprint)
		return error_memory(error);
	return cache_open(&engine->arena, config->cache_dir, config->cache_limit, engine->fingerprint, &engine->cache, error);
}

static int prepare(tarsier_engine *engine, const struct tarsier_config *config, struct tarsier_error *error)
{
	int code = copy_config(engine, config, error);
	if (code >= 0)
		code = rating_check_order(engine->config.severity_sources, error);
	if (code >= 0)
		code = host_readers_take(engine, error);
	if (code >= 0)
		code = path_match_new(&engine->arena, engine->readers, &engine->patterns, error);
	if (code >= 0)
		code = prepare_layers(engine, error);
	if (code >= 0 && engine->config.database)
		code = database_open(engine->config.database, &engine->database, error);
	if (code >= 0)
		code = own_advisories_open(engine, error);
	return code;
}

int tarsier_open(const struct tarsier_config *config, tarsier_engine **engine, struct tarsier_error *error)
{
	struct tarsier_config whole;
	struct tarsier_error own;
	error = error_or(error, &own);
	*engine = NULL;
	int code = take_config(&whole, config, error);
	if (code < 0)
		return code;
	tarsier_engine *made = memory_resize(&whole.allocator, NULL, 0, sizeof *made);
	if (!made)
		return error_memory(error);
	memset(made, 0, sizeof *made);
	arena_init(&made->arena, &whole.allocator);
	code = prepare(made, &whole, error);
	if (code < 0) {
		tarsier_close(made);
		return code;
	}
	*engine = made;
	return TARSIER_OK;
}

void tarsier_close(tarsier_engine *engine)
{
	if (!engine)
		return;
	struct tarsier_allocator allocator = engine->arena.allocator;
	database_close(engine->database);
	own_advisories_close(engine);
	cache_close(engine->cache);
	arena_free(&engine->arena);
	memory_resize(&allocator, engine, sizeof *engine, 0);
}

void tarsier_cancel(tarsier_engine *engine)
{
	atomic_fetch_add(&engine->cancellations, 1);
}

/* ---- tokens ------------------------------------------------------------------------------------------------------ */

struct tarsier_token { atomic_bool cancelled; };

tarsier_token *tarsier_token_new(void)
{
	return calloc(1, sizeof(tarsier_token));
}

void tarsier_token_cancel(tarsier_token *token)
{
	atomic_store(&token->cancelled, true);
}

void tarsier_token_free(tarsier_token *token)
{
	free(token);
}

/* ---- scanning ---------------------------------------------------------------------------------------------------- */

static void *scan_thread(void *argument)
{
	struct scan *scan = argument;
	scan->code = scan_run(scan);
	events_finish(&scan->events);
	return NULL;
}

static bool is_cancelled(const tarsier_engine *engine, unsigned before, const tarsier_token *token)
{
	return atomic_load(&engine->cancellations) != before || (token && atomic_load(&token->cancelled));
}

/* The scan works in a thread of its own, so that this one can deliver events and notice a cancellation. */
static int run_and_pump(struct scan *scan, tarsier_engine *engine, const tarsier_token *token)
{
	unsigned before = atomic_load(&engine->cancellations);
	pthread_t thread;
	if (is_cancelled(engine, before, token))
		return error_set(scan->error, TARSIER_CANCELLED, "cancelled");
	int number = pthread_create(&thread, NULL, scan_thread, scan);
	if (number)
		return error_errno(scan->error, number, "cannot start a thread");
	while (events_pump(&scan->events))
		if (is_cancelled(engine, before, token))
			atomic_store(&scan->cancelled, true);
	pthread_join(thread, NULL);
	if (scan->code >= 0 && is_cancelled(engine, before, token)) /* even at the very end */
		return error_set(scan->error, TARSIER_CANCELLED, "cancelled");
	return scan->code;
}

static int run(struct scan *scan, tarsier_engine *engine, const struct tarsier_scan_options *options)
{
	const struct tarsier_config *config = &engine->config;
	int code = events_init(&scan->events, &config->allocator, config->on_event, config->user, scan->error);
	if (code < 0)
		return code;
	scan->events.reference = scan->reference;
	scan->events.scan = options->user;
	code = run_and_pump(scan, engine, options->token);
	events_free(&scan->events);
	return code;
}

/* Converts the host's structs to this library's version; the source that `options` names becomes `source`. */
static int take_options(const struct tarsier_scan_options *given, struct tarsier_scan_options *options,
                        struct tarsier_source *source, struct tarsier_error *error)
{
	int code = config_take(options, sizeof *options, given, "tarsier_scan_options", error);
	if (code < 0 || !options->source)
		return code;
	code = config_take(source, sizeof *source, options->source, "tarsier_source", error);
	options->source = source;
	if (code >= 0 && (!source->name || !source->open || !source->read))
		code = error_set(error, TARSIER_USAGE, "tarsier_source: name, open and read must be set");
	return code;
}

int tarsier_scan_with(tarsier_engine *engine, const char *reference, const struct tarsier_scan_options *given,
                      tarsier_report **report, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct tarsier_scan_options options;
	struct tarsier_source source;
	error = error_or(error, &own);
	*report = NULL;
	int code = take_options(given, &options, &source, error);
	if (code < 0)
		return code;
	struct scan scan = {.engine = engine, .host = options.source, .error = error};
	scan.reference = scan.host ? scan.host->name : reference;
	if (!scan.reference)
		return error_set(error, TARSIER_USAGE, "tarsier_scan: give a reference or a source");
	scan.report = report_new(&engine->config.allocator);
	if (!scan.report)
		return error_memory(error);
	code = run(&scan, engine, &options);
	if (code < 0)
		tarsier_report_free(scan.report);
	else
		*report = scan.report;
	return code;
}

int tarsier_scan(tarsier_engine *engine, const char *reference, tarsier_report **report, struct tarsier_error *error)
{
	return tarsier_scan_with(engine, reference, NULL, report, error);
}

void tarsier_scan_options_init_size(struct tarsier_scan_options *options, size_t size)
{
	config_clear(options, size);
}

void tarsier_source_init_size(struct tarsier_source *source, size_t size)
{
	config_clear(source, size);
}
