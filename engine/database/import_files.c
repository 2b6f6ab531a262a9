/* finds records in files, folders, zip and tar archives, compressed or not; formats are detected from the content */
#include "database/import.h"

#include "stream/inflate.h"
#include "stream/tar.h"
#include "stream/zip.h"

#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define UNKNOWN_SIZE_LIMIT ((uint64_t)64 << 30) /* standard input: ten times what OSV publishes in all */
enum { FOLDERS_DEEP = 32 };

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int import_inflated(struct importing *importing, struct arena *arena, struct stream *stream, const char *name,
                           uint64_t left, struct tarsier_error *error)
{
	const struct codec *codec;
	struct stream *plain = stream;
	struct metered *metered;
	int code = inflate_open_any(arena, stream, &codec, &plain, error);
	if (code >= 0)
		code = import_meter(arena, plain, name, &left, &metered, error);
	if (code >= 0) {
		span head = {metered->head, metered->length};
		if (zip_claims(head))
			import_complain(importing, name, "", "a zip, 7z, cpio or ar archive must be a file of its own: not compressed, not "
			                "standard input");
		else
			code = import_is_tar(head) ? import_tar(importing, metered, name, error)
			     : import_feed(importing, metered, name, error);
	}
	stream_close(plain);
	return code < 0 && !strstr(error->message, name) ? error_prefix(error, "%s", name) : code;
}

int import_stream(struct importing *importing, struct stream *stream, const char *name, uint64_t size,
                  struct tarsier_error *error)
{
	struct arena arena;
	arena_init(&arena, NULL);
	uint64_t left = size ? EXPANSION_FREE + size * EXPANSION : UNKNOWN_SIZE_LIMIT;
	int code = import_inflated(importing, &arena, stream, name, left, error);
	arena_free(&arena);
	return code;
}

/* Detects from the first bytes an archive that is read by seeking. */
static int look_at(const char *path, char first[ZIP_HEAD], struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, path, &stream, error);
	if (code >= 0)
		code = (int)stream_fill(stream, first, ZIP_HEAD, error);
	stream_close(stream);
	arena_free(&arena);
	return code < 0 ? code : TARSIER_OK;
}

static int import_plain(struct importing *importing, const char *path, uint64_t size, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, path, &stream, error);
	if (code >= 0)
		code = import_stream(importing, stream, path, size, error);
	arena_free(&arena);
	return code;
}

/* ---- missing feeds ----------------------------------------------------------------------------------------------- */

/* Names under which feeds are published, and suffixes that only data files have. */
static bool names_a_feed(const char *path)
{
	static const char *const begins[] = {"known_exploited_vulnerabilities", "epss_scores", "all.zip"};
	static const char *const ends[] = {".json", ".csv", ".zip", ".gz", ".xz", ".zst", ".bz2", ".tar", ".tgz", ".7z"};
	const char *slash = strrchr(path, '/');
	span name = span_of(slash ? slash + 1 : path);
	bool found = false;
	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		found = found || span_starts(name, begins[i]);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		found = found || span_ends(name, ends[i]);
	return found;
}

/* "known_exploited_vulnerabilities.json", "epss_scores-2026-11-28.csv.gz", and not "known_exploited_vulnerabilities_schema.json" */
static bool is_published_name(const char *path)
{
	static const char *const names[] = {"known_exploited_vulnerabilities", "epss_scores"};
	const char *slash = strrchr(path, '/');
	span name = span_of(slash ? slash + 1 : path);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		size_t length = strlen(names[i]);
		if (span_starts(name, names[i]) && name.len > length && strchr(".-", name.ptr[length]))
			return true;
	}
	return false;
}

/* A folder may hold many files that are not feeds. But an error page saved under a feed's name, or an archive that
 * holds only such pages, means that a feed is missing. */
static int check_lost(struct importing *importing, const char *path, bool archive, uint64_t useful,
                      struct tarsier_error *error)
{
	const char *lost = importing->lost;
	if (importing->useful > useful)
		return 0;
	bool wrong = lost ? names_a_feed(path) : importing->unknown && !archive && is_published_name(path);
	return wrong ? error_set(error, TARSIER_FORMAT, "%s: not recognised: expected a feed%s%s", path,
	                         lost ? ", but " : "", lost ? lost : "") : 0;
}

/* How much of a container the reports name or count. */
static uint64_t reported(const struct container *container)
{
	uint64_t count = container->complaints;
	for (size_t i = 0; i < FEEDS_MOST; i++)
		count += container->records[i];
	for (size_t i = 0; i < OMISSIONS; i++)
		count += container->omitted[i];
	return count;
}

/* An ecosystem without advisories is published as an empty archive, so the rest of the folder is imported. But a feed
 * without records may also be what is left of one that broke, so it is named. */
static void note_if_empty(struct container *container, const char *path, uint64_t before)
{
	if (reported(container) == before && container->empty_files++ == 0)
		snprintf(container->empty, sizeof container->empty, "%s", path);
}

/* Every input that the caller names must have usable records. */
static int check_useful(struct importing *importing, const char *name, struct tarsier_error *error)
{
	if (importing->useful)
		return 0;
	const char *reason = *importing->reason ? importing->reason : "it has no records";
	return error_set(error, TARSIER_FORMAT, "%s: nothing in it can be used: %s", name, reason);
}

/* ---- files and folders ------------------------------------------------------------------------------------------- */

/* A database among the inputs, whose records join those of the others. */
static bool is_database(const char *path)
{
	static const char magic[] = "SQLite format 3";
	char first[sizeof magic] = "";
	FILE *file = fopen(path, "rbe");
	size_t length = file ? fread(first, 1, sizeof first, file) : 0;
	if (file)
		fclose(file);
	return length == sizeof first && memcmp(first, magic, sizeof magic) == 0;
}

static int import_database(struct importing *importing, const char *path, struct tarsier_error *error)
{
	const struct tarsier_import_options *options = importing->options;
	uint64_t advisories;
	int code = writer_take(importing->writer, path, options->only, &advisories, error);
	if (code < 0)
		return code;
	importing->useful += advisories;
	if (options->only && !advisories)
		snprintf(importing->reason, sizeof importing->reason, "it has no records of the ecosystems that are asked for");
	if (options->on_input && advisories)
		options->on_input(options->user, path, "database", advisories, NULL);
	return 0;
}

bool import_is_small(const char *const *paths, size_t count, uint64_t most)
{
	uint64_t size = 0, files = 0;
	bool small = true;
	for (size_t i = 0; i < count && small; i++) {
		char *const roots[] = {(char *)(uintptr_t)paths[i], NULL};
		FTS *walk = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, NULL);
		small = walk;
		for (FTSENT *entry = small ? fts_read(walk) : NULL; entry && small; entry = fts_read(walk)) {
			if (entry->fts_info == FTS_D || entry->fts_info == FTS_DP)
				continue;
			size += (uint64_t)entry->fts_statp->st_size;
			small = entry->fts_info == FTS_F && size <= most && ++files < FILES_MOST && !is_database(entry->fts_path);
		}
		if (walk)
			fts_close(walk);
	}
	return small;
}

/* An archive in a folder is a container of its own; loose files belong to the folder's container. */
static int import_file(struct importing *importing, const char *path, uint64_t size, bool loose,
                       struct tarsier_error *error)
{
	char first[ZIP_HEAD] = "";
	struct container own = {.name = path}, *outer = importing->container;
	uint64_t useful = importing->useful;
	if (++importing->files > FILES_MOST)
		return error_set(error, TARSIER_LIMIT, "more than %d files", FILES_MOST);
	int code = look_at(path, first, error);
	bool zip = zip_claims((span){first, sizeof first});
	bool contained = zip || !loose;
	if (code < 0)
		return code;
	if (contained)
		importing->container = &own;
	importing->lost = NULL;
	importing->unknown = importing->list = false;
	uint64_t before = reported(importing->container);
	code = zip ? import_zip(importing, path, EXPANSION_FREE + size * EXPANSION, error)
	           : import_plain(importing, path, size, error);
	own.single = !zip && own.advisories == 1 && !importing->list;
	if (loose && code >= 0)
		note_if_empty(importing->container, path, before);
	if (contained && code >= 0)
		import_container_done(importing, &own);
	if (loose && code >= 0)
		code = check_lost(importing, path, zip, useful, error);
	importing->container = outer;
	return code;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int import_entry(struct importing *importing, const char *path, int depth, struct tarsier_error *error);

static int import_folder(struct importing *importing, const char *path, int depth, struct tarsier_error *error)
{
	struct dirent **entries;
	int count = scandir(path, &entries, visible, alphasort), code = 0;
	if (count < 0)
		return error_errno(error, errno, "open %s", path);
	if (count == 0 && depth)
		import_complain(importing, path, "", "the folder is empty");
	for (int i = 0; i < count; i++) {
		char *inside = NULL;
		if (code >= 0 && asprintf(&inside, "%s/%s", path, entries[i]->d_name) < 0)
			code = error_memory(error);
		if (code >= 0)
			code = import_entry(importing, inside, depth + 1, error);
		free(inside);
		free(entries[i]);
	}
	free(entries);
	return code;
}

/* Reads a folder. Links to folders are not followed, because they may form a cycle. */
static int import_entry(struct importing *importing, const char *path, int depth, struct tarsier_error *error)
{
	struct stat info;
	if (lstat(path, &info) < 0)
		return error_errno(error, errno, "open %s", path);
	if (S_ISDIR(info.st_mode) && depth > FOLDERS_DEEP)
		return error_set(error, TARSIER_LIMIT, "%s: folders more than %d deep", path, FOLDERS_DEEP);
	if (S_ISDIR(info.st_mode))
		return import_folder(importing, path, depth, error);
	if (S_ISLNK(info.st_mode) && stat(path, &info) < 0)
		return error_errno(error, errno, "open %s", path);
	return S_ISREG(info.st_mode) ? import_file(importing, path, (uint64_t)info.st_size, true, error) : 0;
}

static int import_standard_input(struct importing *importing, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream;
	arena_init(&arena, NULL);
	int code = stream_open_fd(&arena, 0, "standard input", &stream, error);
	if (code >= 0)
		code = import_stream(importing, stream, "standard input", 0, error);
	arena_free(&arena);
	return code;
}

/* A pipe can be read only once and does not seek. */
static int import_named(struct importing *importing, const char *path, const struct stat *info, bool input,
                        struct container *container, struct tarsier_error *error)
{
	if (S_ISREG(info->st_mode) && is_database(path))
		return import_database(importing, path, error);
	if (S_ISREG(info->st_mode))
		return import_file(importing, path, (uint64_t)info->st_size, false, error);
	int code = input ? import_standard_input(importing, error)
	         : S_ISDIR(info->st_mode) ? import_folder(importing, path, 0, error)
	         : import_plain(importing, path, 0, error);
	if (code >= 0)
		import_container_done(importing, container);
	return code;
}

int import_path(struct importing *importing, const char *path, struct tarsier_error *error)
{
	struct container container = {.name = path};
	struct stat info = {0};
	bool input = strcmp(path, "-") == 0;
	if (input)
		container.name = "standard input";
	else if (stat(path, &info) < 0)
		return error_errno(error, errno, "open %s", path);
	importing->container = &container;
	importing->useful = 0;
	*importing->reason = '\0';
	int code = import_named(importing, path, &info, input, &container, error);
	return code < 0 ? code : check_useful(importing, container.name, error);
}
