#include "database/write.h"

#include "database/amend.h"
#include "database/pages.h"
#include "format/ecosystem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char settings[] =
	"PRAGMA page_size=4096;"
	"PRAGMA journal_mode=OFF;"       /* readers do not see the file before it is complete, and an incomplete file is
	                                  * deleted */
	"PRAGMA synchronous=OFF;"        /* one fsync before the rename */
	"PRAGMA locking_mode=EXCLUSIVE;"
	"PRAGMA cache_size=-8192;"
	"PRAGMA temp_store=FILE;"
	"PRAGMA temp.cache_size=-16384;"
	"PRAGMA temp.journal_mode=OFF;";

static const char tables[] =
	"CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE ecosystem(number INTEGER PRIMARY KEY, name TEXT, packages INTEGER);"
	"CREATE TABLE package(ecosystem INTEGER, name TEXT, rows BLOB, PRIMARY KEY(ecosystem, name)) WITHOUT ROWID;"
	"CREATE TABLE advisory(number INTEGER PRIMARY KEY, id TEXT, head BLOB, body BLOB);"
	"CREATE TABLE feed(name TEXT PRIMARY KEY, records INTEGER, newest TEXT, covered INTEGER) WITHOUT ROWID;"
	"CREATE TABLE omission(reason INTEGER PRIMARY KEY, count INTEGER);"
	"CREATE TABLE cve(number INTEGER PRIMARY KEY, epss INTEGER, percentile INTEGER, kev TEXT, stated TEXT, derived TEXT, text INTEGER);";

static const char staging[] =
	"CREATE TEMP TABLE staged_advisory(number INTEGER PRIMARY KEY, id TEXT, head BLOB, body BLOB);"
	"CREATE TEMP TABLE staged_row(ecosystem INTEGER, name TEXT, number INTEGER, rows BLOB);";

/* ---- SQLite ------------------------------------------------------------------------------------------------------ */

static int fail(struct database_writer *writer, struct tarsier_error *error)
{
	int code = sqlite3_errcode(writer->sqlite);
	if (code == SQLITE_NOMEM)
		return error_memory(error);
	return error_set(error, TARSIER_IO, "writing %s: %s", writer->path, sqlite3_errmsg(writer->sqlite));
}

int writer_exec(struct database_writer *writer, const char *sql, struct tarsier_error *error)
{
	return sqlite3_exec(writer->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fail(writer, error);
}

int writer_prepare(struct database_writer *writer, const char *sql, sqlite3_stmt **statement,
                   struct tarsier_error *error)
{
	return sqlite3_prepare_v2(writer->sqlite, sql, -1, statement, NULL) == SQLITE_OK ? 0 : fail(writer, error);
}

int writer_step(struct database_writer *writer, sqlite3_stmt *statement, struct tarsier_error *error)
{
	int code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		return 1;
	if (code != SQLITE_DONE)
		fail(writer, error); /* before the reset clears the message */
	sqlite3_reset(statement);
	return code == SQLITE_DONE ? 0 : error ? error->code : TARSIER_IO;
}

/* ---- the known records ------------------------------------------------------------------------------------------- */

struct known_family *writer_family(struct database_writer *writer, span name)
{
	struct known_family *family = map_get(&writer->families, name);
	if (family)
		return family;
	family = arena_alloc(&writer->arena, sizeof *family);
	const char *copy = span_copy(&writer->arena, name);
	if (!family || !copy || !map_put(&writer->families, span_of(copy), family))
		return NULL;
	*family = (struct known_family){.name = copy, .number = ++writer->last_family, .newest = ""};
	return family;
}

struct known_ecosystem *writer_ecosystem(struct database_writer *writer, span key)
{
	struct known_ecosystem *known = map_get(&writer->ecosystems, key);
	if (known)
		return known;
	known = arena_alloc(&writer->arena, sizeof *known);
	const char *name = span_copy(&writer->arena, key);
	struct known_family *family = writer_family(writer, ecosystem_family(key));
	if (!known || !name || !family || !map_put(&writer->ecosystems, span_of(name), known))
		return NULL;
	*known = (struct known_ecosystem){.name = name, .family = family, .number = ++writer->last_ecosystem,
	                                  .distribution = ecosystem_is_distribution(key)};
	return known;
}

/* ---- the file under construction --------------------------------------------------------------------------------- */

/* "/a/b" → "/a/" and "b" */
static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

/* An import locks the file that it builds; an unlocked file is left over from an import that was killed. */
static void remove_if_left(int folder, const char *name)
{
	int fd = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(folder, name, 0);
	close(fd);
}

static void remove_leftovers(const char *directory, const char *prefix)
{
	DIR *stream = opendir(directory);
	if (!stream)
		return;
	for (struct dirent *entry = readdir(stream); entry; entry = readdir(stream))
		if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0)
			remove_if_left(dirfd(stream), entry->d_name);
	closedir(stream);
}

/* Resolves a link to the database: the link stays and its target is replaced. */
static int find_path(struct database_writer *writer, const char *path, struct tarsier_error *error)
{
	char *real = realpath(path, NULL);
	writer->path = arena_string(&writer->arena, real ? real : path);
	free(real);
	if (!writer->path)
		return error_memory(error);
	if (!*base_name(writer->path))
		return error_set(error, TARSIER_USAGE, "%s: is a folder; the database must be a file", path);
	struct stat info;
	if (stat(writer->path, &info) == 0 && !S_ISREG(info.st_mode))
		return error_set(error, TARSIER_USAGE, "%s: not a regular file; the database must be one", path);
	return 0;
}

static int make_file(struct database_writer *writer, struct tarsier_error *error)
{
	const char *base = base_name(writer->path);
	size_t length = (size_t)(base - writer->path);
	char *directory = length ? arena_copy(&writer->arena, writer->path, length) : arena_string(&writer->arena, ".");
	char *prefix = arena_format(&writer->arena, ".%s.new-", base);
	char *building = arena_format(&writer->arena, "%.*s%s%d", (int)length, writer->path, prefix ? prefix : "",
	                              (int)gettid());
	if (!directory || !prefix || !building)
		return error_memory(error);
	remove_leftovers(directory, prefix);
	writer->lock = open(building, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (writer->lock < 0)
		return error_errno(error, errno, "making %s", building);
	writer->building = building;
	if (flock(writer->lock, LOCK_EX | LOCK_NB) < 0)
		return error_errno(error, errno, "locking %s", building);
	return 0;
}

static int open_sqlite(struct database_writer *writer, struct tarsier_error *error)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	return sqlite3_open_v2(writer->building, &writer->sqlite, flags, NULL) == SQLITE_OK ? 0 : fail(writer, error);
}

static int make_staging(struct database_writer *writer, struct tarsier_error *error)
{
	int code = writer_exec(writer, staging, error);
	if (code >= 0)
		code = writer_prepare(writer, "INSERT INTO temp.staged_advisory VALUES(?1, ?2, ?3, ?4)", &writer->put_advisory,
		                      error);
	if (code >= 0)
		code = writer_prepare(writer, "INSERT INTO temp.staged_row VALUES(?1, ?2, ?3, ?4)", &writer->put_row, error);
	return code;
}

static int open_file(struct database_writer *writer, struct tarsier_error *error)
{
	char header[96];
	int code = open_sqlite(writer, error);
	snprintf(header, sizeof header, "PRAGMA application_id=%d; PRAGMA user_version=%d; BEGIN;", DATABASE_APPLICATION,
	         DATABASE_SCHEMA);
	if (code >= 0 && pages_reserve(writer->sqlite) != SQLITE_OK)
		code = fail(writer, error);
	if (code >= 0)
		code = writer_exec(writer, settings, error);
	if (code >= 0)
		code = writer_exec(writer, header, error);
	if (code >= 0)
		code = writer_exec(writer, tables, error);
	return code < 0 ? code : make_staging(writer, error);
}

int writer_new(const char *path, bool starter, struct database_writer **result, struct tarsier_error *error)
{
	*result = NULL;
	struct database_writer *writer = calloc(1, sizeof *writer);
	if (!writer)
		return error_memory(error);
	arena_init(&writer->arena, NULL);
	arena_init(&writer->scratch, NULL);
	buffer_init(&writer->omissions, NULL);
	writer->known.arena = writer->scopes.arena = writer->ecosystems.arena = writer->families.arena = writer->cves.arena = &writer->arena;
	writer->lock = -1;
	writer->starter = starter;
	writer->newest = writer->kev_date = writer->epss_date = writer->epss_model = writer->model_before = writer->note = "";
	writer->ends.arena = &writer->arena;
	int code = find_path(writer, path, error);
	if (code >= 0)
		code = make_file(writer, error);
	if (code >= 0)
		code = open_file(writer, error);
	if (code < 0)
		writer_free(writer);
	else
		*result = writer;
	return code;
}

static int close_sqlite(struct database_writer *writer)
{
	sqlite3_finalize(writer->put_advisory);
	sqlite3_finalize(writer->put_row);
	writer->put_advisory = writer->put_row = NULL;
	int code = sqlite3_close(writer->sqlite);
	writer->sqlite = NULL;
	return code;
}

void writer_close(struct database_writer *writer)
{
	close_sqlite(writer);
}

int writer_reopen(struct database_writer *writer, struct tarsier_error *error)
{
	int code = open_sqlite(writer, error);
	if (code >= 0)
		code = writer_exec(writer, settings, error);
	if (code >= 0)
		code = writer_exec(writer, "BEGIN", error);
	return code < 0 ? code : make_staging(writer, error);
}

void writer_free(struct database_writer *writer)
{
	if (!writer)
		return;
	amend_free(writer->amending);
	close_sqlite(writer);
	if (writer->building)
		unlink(writer->building);
	if (writer->lock >= 0)
		close(writer->lock);
	buffer_free(&writer->omissions);
	arena_free(&writer->scratch);
	arena_free(&writer->arena);
	free(writer);
}

/* ---- replacing the old file -------------------------------------------------------------------------------------- */

static int sync_directory(const char *path, struct tarsier_error *error)
{
	const char *base = base_name(path);
	char *directory = base == path ? strdup(".") : strndup(path, (size_t)(base - path));
	if (!directory)
		return error_memory(error);
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int code = fd < 0 || (fsync(fd) < 0 && errno != EINVAL) ? error_errno(error, errno, "writing %s", directory) : 0;
	if (fd >= 0)
		close(fd);
	free(directory);
	return code;
}

int writer_replace(struct database_writer *writer, struct tarsier_error *error)
{
	if (close_sqlite(writer) != SQLITE_OK)
		return error_errno(error, errno, "writing %s", writer->building);
	int code = pages_seal(writer->lock, writer->content, error);
	if (code < 0)
		return error_prefix(error, "%s", writer->building);
	if (fsync(writer->lock) < 0)
		return error_errno(error, errno, "writing %s", writer->building);
	if (rename(writer->building, writer->path) < 0)
		return error_errno(error, errno, "renaming %s to %s", writer->building, writer->path);
	writer->building = NULL;
	return sync_directory(writer->path, error);
}

void writer_count(const struct database_writer *writer, struct tarsier_import_result *result)
{
	for (size_t i = 0; i < writer->known.count; i++) {
		const struct known_advisory *known = writer->known.entries[i].value;
		if (known->old)
			continue;
		result->withdrawn += known->withdrawn;
		result->advisories += !known->withdrawn;
	}
	for (size_t i = 0; i < writer->cves.count; i++) {
		result->kev += writer->cves.items[i].from_kev;
		result->epss += writer->cves.items[i].from_epss;
	}
}
