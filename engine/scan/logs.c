/* rpm's databases that were not closed: what their write-ahead logs change */
#include "inventory/rpm_log.h"
#include "layer/overlay.h"
#include "scan/scan.h"

#include <string.h>

/*
 * A layer above may change only the log, and the layers are read before it is known which log the image shows. So the
 * database is not kept: the layers are read again, with a reader that has the log.
 */
enum { LOGS_LIMIT = 8 }; /* of one image: rpm has three places for its database, and links may show one in more */

static const char log_suffix[] = "-wal";

/* Returns the database's reader with the log. NULL: out of memory. */
static const struct reader *reader_with(struct arena *arena, const struct overlay_file *database, span log)
{
	static const char *const none[] = {NULL};
	struct reader *reader = arena_alloc(arena, sizeof *reader);
	if (!reader)
		return NULL;
	*reader = *database->reader;
	reader->evidence = none;
	reader->beside = log;
	return reader;
}

/* Gives the reader the file at exactly this path, which no pattern could say: it may hold stars. */
static int look(struct scan *scan, const struct reader *reader, const char *path, struct layer_index **found)
{
	struct arena *arena = &scan->report->arena;
	const struct reader *const readers[] = {reader, NULL};
	struct path_match *patterns;
	struct digest digest;
	int code = digest_of(reader->beside, &digest, scan->error);
	if (code < 0)
		return code;
	char *fingerprint = arena_format(arena, "%s\n%s:%s:%s", scan->engine->fingerprint, reader->name, path, digest.text);
	if (!fingerprint)
		return error_memory(scan->error);
	code = path_match_new(arena, readers, &patterns, scan->error);
	if (code >= 0)
		code = path_match_add(patterns, path, reader, scan->error);
	return code < 0 ? code : scan_layers(scan, patterns, cache_with(arena, scan->engine->cache, fingerprint), readers, found);
}

static const struct layer_file *find(const struct layer_index *index, const struct layer_file *like)
{
	for (size_t i = 0; i < index->file_count; i++)
		if (index->files[i].sequence == like->sequence && strcmp(index->files[i].path, like->path) == 0)
			return &index->files[i];
	return NULL;
}

/* Shows `file` in the place of what is there. */
static int show(struct scan *scan, const struct overlay_file **place, const struct layer_file *file,
                const struct overlay_file *log)
{
	struct overlay_file *shown = arena_alloc(&scan->report->arena, sizeof *shown);
	if (!shown)
		return error_memory(scan->error);
	*shown = **place;
	shown->file = file;
	if (log && log->layer > shown->layer) {
		shown->before = *place;
		shown->layer = log->layer;
	}
	*place = shown;
	return TARSIER_OK;
}

static int show_problem(struct scan *scan, const struct overlay_file **place, const char *problem)
{
	struct layer_file *file = arena_alloc(&scan->report->arena, sizeof *file);
	if (!file)
		return error_memory(scan->error);
	*file = *(*place)->file;
	file->problem = problem;
	return show(scan, place, file, NULL);
}

/* Reads the database with its log. */
static int join(struct scan *scan, const struct overlay_file **database, const struct overlay_file **log)
{
	struct arena *arena = &scan->report->arena;
	if (!scan->image.open_layer && !scan->image.walk)
		return show_problem(scan, log, "the database was not closed, and an archive that comes through a pipe, or is compressed "
		                               "as a whole, cannot be read again for its write-ahead log: scan a plain file instead");
	const struct reader *reader = reader_with(arena, *database, (*log)->file->content);
	struct layer_index **found = scan_new_indexes(scan);
	if (!reader || !found)
		return error_memory(scan->error);
	int code = look(scan, reader, (*database)->file->path, found);
	if (code < 0)
		return code;
	const struct layer_file *file = find(found[(*database)->layer], (*database)->file);
	return file ? show(scan, database, file, *log)
	            : show_problem(scan, log, "the database was not closed, and was not found again for its write-ahead log");
}

/* Returns the place in overlay->files of what the image shows at the path of the log without its suffix, or NULL. */
static const struct overlay_file **database_of(struct scan *scan, struct overlay *overlay, const struct overlay_file *log)
{
	size_t length = strlen(log->path) - strlen(log_suffix);
	const char *path = arena_copy(&scan->report->arena, log->path, length);
	const struct overlay_file *found = path ? overlay_find(overlay, path) : NULL;
	for (size_t i = 0; found && i < overlay->file_count; i++)
		if (overlay->files[i] == found)
			return &overlay->files[i];
	return NULL;
}

/* A link may show the same log in another folder. */
static bool has_database_elsewhere(struct scan *scan, struct overlay *overlay, const struct overlay_file *log)
{
	for (size_t i = 0; i < overlay->file_count; i++)
		if (overlay->files[i] != log && overlay->files[i]->file == log->file && database_of(scan, overlay, overlay->files[i]))
			return true;
	return false;
}

int scan_read_logs(struct scan *scan, struct overlay *overlay)
{
	int code = TARSIER_OK, joined = 0;
	for (size_t i = 0; i < overlay->file_count && code >= 0; i++) {
		const struct overlay_file **log = &overlay->files[i];
		struct rpm_log opened;
		if (strcmp((*log)->reader->name, "rpm_log") != 0 || !span_ends(span_of((*log)->path), log_suffix) ||
		    !rpm_log_open((*log)->file->content, &opened))
			continue;
		const struct overlay_file **database = database_of(scan, overlay, *log);
		if (!database && has_database_elsewhere(scan, overlay, *log))
			continue;
		if (!database || (*database)->file->missing)
			code = show_problem(scan, log, "a write-ahead log without its database");
		else if (++joined > LOGS_LIMIT)
			code = show_problem(scan, log, "not read: write-ahead logs are read for at most 8 databases");
		else
			code = join(scan, database, log);
	}
	return code;
}
