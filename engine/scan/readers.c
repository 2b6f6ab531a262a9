#include "scan/readers.h"

#include "base/map.h"
#include "inventory/reader_add.h"

#include <string.h>

enum {
	READERS_LIMIT = 100,         /* a team has a handful */
	PATTERNS_LIMIT = 100,        /* of one reader */
	CONTENT_DEFAULT = 1 << 20,   /* bytes of a file, which the layer index keeps */
	CONTENT_LIMIT = 16 << 20,
	FILES_LIMIT = 1000,          /* that a reader is called for: each call may take seconds */
};

/* ---- taking them ------------------------------------------------------------------------------------------------- */

static bool is_name(const char *name)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	return name && *name && strlen(name) <= 64 && strspn(name, allowed) == strlen(name);
}

static int check(const struct tarsier_reader *reader, const struct reader *const *others, struct tarsier_error *error)
{
	size_t count = 0;
	if (!is_name(reader->name))
		return error_set(error, TARSIER_USAGE, "a reader's name must be 1 to 64 letters, digits, dots, hyphens and underscores");
	for (; *others; others++)
		if (strcmp((*others)->name, reader->name) == 0)
			return error_set(error, TARSIER_USAGE, "reader %s: there is another reader of this name", reader->name);
	while (reader->evidence && reader->evidence[count] && count <= PATTERNS_LIMIT)
		count++;
	if (!count || count > PATTERNS_LIMIT)
		return error_set(error, TARSIER_USAGE, "reader %s: it must have 1 to %d patterns of evidence", reader->name,
		                 PATTERNS_LIMIT);
	if (reader->limit > CONTENT_LIMIT)
		return error_set(error, TARSIER_USAGE, "reader %s: its limit must be at most %d bytes", reader->name, CONTENT_LIMIT);
	return reader->read ? TARSIER_OK : error_set(error, TARSIER_USAGE, "reader %s has no function", reader->name);
}

static int take(tarsier_engine *engine, const struct tarsier_reader *host, struct reader *reader, struct tarsier_error *error)
{
	reader->name = arena_string(&engine->arena, host->name);
	reader->evidence = strings_copy(&engine->arena, host->evidence);
	reader->limit = host->limit ? host->limit : CONTENT_DEFAULT;
	reader->version = 1;
	reader->keep = true;
	return reader->name && reader->evidence ? TARSIER_OK : error_memory(error);
}

int host_readers_take(tarsier_engine *engine, struct tarsier_error *error)
{
	struct tarsier_config *config = &engine->config;
	size_t own = 0, count = config->reader_count;
	while (readers_all[own])
		own++;
	if (count > READERS_LIMIT)
		return error_set(error, TARSIER_USAGE, "more than %d readers", READERS_LIMIT);
	const struct reader **all = arena_array(&engine->arena, own + count + 1, sizeof *all);
	struct reader *made = arena_array(&engine->arena, count, sizeof *made);
	struct tarsier_reader *copies = arena_array(&engine->arena, count, sizeof *copies);
	if (!all || !made || !copies)
		return error_memory(error);
	memcpy(all, readers_all, own * sizeof *all);
	for (size_t i = 0; i < count; i++) {
		int code = check(&config->readers[i], all, error);
		if (code >= 0)
			code = take(engine, &config->readers[i], &made[i], error);
		if (code < 0)
			return code;
		copies[i] = config->readers[i];
		all[own + i] = &made[i];
	}
	config->readers = copies;
	engine->readers = all;
	engine->own_readers = own;
	return TARSIER_OK;
}

const char *host_readers_fingerprint(tarsier_engine *engine, const char *fingerprint)
{
	struct arena *arena = &engine->arena;
	for (const struct reader *const *reader = engine->readers + engine->own_readers; *reader && fingerprint; reader++) {
		fingerprint = arena_format(arena, "%s\nreader %s %zu", fingerprint, (*reader)->name, (*reader)->limit);
		for (const char *const *pattern = (*reader)->evidence; *pattern && fingerprint; pattern++)
			fingerprint = arena_format(arena, "%s %s", fingerprint, *pattern);
	}
	return fingerprint;
}

/* ---- running them ------------------------------------------------------------------------------------------------ */

struct running {
	struct scan *scan;
	struct map done;      /* from a stored file to its copy with packages */
	size_t files;
};

static int add(void *list, const struct tarsier_found *found, struct tarsier_error *error)
{
	const struct package_spans package = {
		.type = found->type && *found->type ? found->type : "generic", .ecosystem = found->ecosystem,
		.name = span_of(found->name), .version = span_of(found->version), .architecture = span_of(found->architecture),
		.license = span_of(found->license)};
	return reader_add(list, &package, error);
}

static const struct tarsier_reader *host_of(const struct scan *scan, const struct reader *reader)
{
	const struct tarsier_engine *engine = scan->engine;
	for (size_t i = 0; i < engine->config.reader_count; i++)
		if (engine->readers[engine->own_readers + i] == reader)
			return &engine->config.readers[i];
	return NULL;
}

static int call(struct running *running, const struct tarsier_reader *host, const struct layer_file *file,
                struct layer_file *made)
{
	struct arena *arena = &running->scan->report->arena;
	struct reader_output output = {.arena = arena};
	struct tarsier_error problem = {0};
	int code = host->read(host->user, file->path, file->content.ptr, file->content.len, add, &output, &problem);
	if (code == TARSIER_MEMORY)
		return error_memory(running->scan->error);
	if (code < 0)
		return (made->problem = arena_format(arena, "reader %s: %s", host->name, problem.message)) ? TARSIER_OK
		                                                                                          : error_memory(running->scan->error);
	layer_file_set(made, &output);
	return TARSIER_OK;
}

/* Returns the copy of a stored file with its packages. NULL after a failure. */
static const struct layer_file *run_file(struct running *running, const struct tarsier_reader *host,
                                         const struct layer_file *file, int *code)
{
	struct layer_file *made = map_get_number(&running->done, (uintptr_t)file);
	if (made)
		return made;
	made = arena_alloc(&running->scan->report->arena, sizeof *made);
	*code = made && map_put_number(&running->done, (uintptr_t)file, made) ? TARSIER_OK : error_memory(running->scan->error);
	if (*code < 0)
		return NULL;
	*made = *file;
	if (atomic_load(&running->scan->cancelled))
		*code = error_set(running->scan->error, TARSIER_CANCELLED, "cancelled");
	else if (!file->problem && ++running->files > FILES_LIMIT)
		made->problem = "not read: readers are called for at most 1000 files";
	else if (!file->problem)
		*code = call(running, host, file, made);
	return *code < 0 ? NULL : made;
}

int host_readers_run(struct scan *scan, struct overlay *overlay)
{
	struct arena scratch;
	int code = TARSIER_OK;
	if (!scan->engine->config.reader_count)
		return TARSIER_OK;
	arena_init(&scratch, &scan->report->arena.allocator);
	struct running running = {.scan = scan, .done.arena = &scratch};
	for (size_t i = 0; i < overlay->file_count && code >= 0; i++) {
		const struct tarsier_reader *host = host_of(scan, overlay->files[i]->reader);
		/* The overlay was made for this scan, and lies in its arena. */
		for (struct overlay_file *shown = (struct overlay_file *)(uintptr_t)overlay->files[i]; host && shown && code >= 0;
		     shown = (struct overlay_file *)(uintptr_t)shown->before) {
			const struct layer_file *made = run_file(&running, host, shown->file, &code);
			if (made)
				shown->file = made;
		}
	}
	arena_free(&scratch);
	return code;
}
