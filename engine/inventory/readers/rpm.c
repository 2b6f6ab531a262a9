/* reads rpm's package database */
#include "inventory/rpm_log.h"
#include "inventory/rpm_package.h"
#include "layer/reader.h"

#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/*
 * Since rpm 4.16 the database is SQLite: Packages(hnum INTEGER PRIMARY KEY, blob BLOB), with one header in each row.
 * Before, it was a Berkeley DB file "Packages" (rpm_berkeley.c). SUSE's is "Packages.db" in rpm's own ndb format
 * (rpm_ndb.c).
 */
enum {
	/* A valid database takes about 6 steps for each row. */
	STEPS_AT_ONCE = 10000,
	STEPS_LIMIT = 20 * 1000 * 1000,
	/* The longest statement of rpm's schema has 100 bytes. */
	SCHEMA_LIMIT = 64 << 10,
	SQLITE_HEADER = 100,
	DATABASE_LIMIT = 128 << 20, /* about 70 KB a package: eighteen hundred of them; a scan may not take 256 MiB */
};

/* ---- opening the untrusted database in memory -------------------------------------------------------------------- */

struct rpm_database {
	sqlite3 *handle;
	sqlite3_stmt *rows;
	long steps;
	unsigned char *copy; /* or NULL */
	size_t size;
};

static int count_steps(void *user)
{
	struct rpm_database *database = user;
	database->steps += STEPS_AT_ONCE;
	return database->steps > STEPS_LIMIT;
}

/* Authorises reading the columns of Packages and nothing else: no function, pragma or other table, even if the schema
 * makes Packages a view of them. */
static int authorize(void *user, int action, const char *table, const char *column, const char *name,
                     const char *trigger)
{
	(void)user, (void)column, (void)name;
	if (trigger)
		return SQLITE_DENY;
	if (action == SQLITE_SELECT || (action == SQLITE_READ && table && sqlite3_stricmp(table, "Packages") == 0))
		return SQLITE_OK;
	return SQLITE_DENY;
}

static int database_error(const struct rpm_database *database, int result, struct tarsier_error *error)
{
	if (result == SQLITE_NOMEM)
		return error_memory(error);
	if (result == SQLITE_INTERRUPT)
		return error_set(error, TARSIER_LIMIT, "reading this rpm database takes more than %d steps: "
		                 "its pages form a cycle", STEPS_LIMIT);
	return error_set(error, TARSIER_FORMAT, "not a readable rpm database: %s", sqlite3_errmsg(database->handle));
}

static void distrust(struct rpm_database *database, size_t size)
{
	sqlite3 *handle = database->handle;
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, size < INT_MAX ? (int)size : INT_MAX);
	sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, SCHEMA_LIMIT);
	sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
	sqlite3_progress_handler(handle, STEPS_AT_ONCE, count_steps, database);
	sqlite3_set_authorizer(handle, authorize, NULL);
}

static int database_copy(struct rpm_database *database, const struct arena *arena, size_t size, struct tarsier_error *error)
{
	database->copy = memory_resize(&arena->allocator, NULL, 0, size);
	database->size = size;
	return database->copy ? TARSIER_OK : error_memory(error);
}

/* *content becomes what SQLite would read: the file with the changes of its write-ahead log. */
static int apply_log(struct rpm_database *database, const struct arena *arena, span beside, span *content,
                     struct tarsier_error *error)
{
	struct rpm_log log;
	if (!rpm_log_open(beside, &log))
		return TARSIER_OK;
	size_t size = rpm_log_size(&log);
	if (size > DATABASE_LIMIT)
		return error_set(error, TARSIER_LIMIT, "larger than %d bytes with the changes of its write-ahead log", DATABASE_LIMIT);
	int code = database_copy(database, arena, size, error);
	if (code < 0)
		return code;
	rpm_log_apply(&log, *content, (char *)database->copy);
	*content = (span){(char *)database->copy, size};
	return TARSIER_OK;
}

/* rpm leaves its database in WAL mode (bytes 18 and 19 are 2), which SQLite rejects in memory: a copy sets them to
 * 1. */
static int leave_wal_mode(struct rpm_database *database, const struct arena *arena, span *content,
                          struct tarsier_error *error)
{
	if (content->ptr[18] != 2 && content->ptr[19] != 2)
		return TARSIER_OK;
	if (!database->copy) {
		int code = database_copy(database, arena, content->len, error);
		if (code < 0)
			return code;
		memcpy(database->copy, content->ptr, content->len);
		*content = (span){(char *)database->copy, content->len};
	}
	database->copy[18] = database->copy[19] = 1;
	return TARSIER_OK;
}

static int database_open(struct rpm_database *database, span content, struct tarsier_error *error)
{
	unsigned char *bytes = (unsigned char *)(uintptr_t)content.ptr;
	int result = sqlite3_open_v2(":memory:", &database->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_exec(database->handle, "PRAGMA cell_size_check = ON", NULL, NULL, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_deserialize(database->handle, "main", bytes, (sqlite3_int64)content.len,
		                             (sqlite3_int64)content.len, SQLITE_DESERIALIZE_READONLY);
	if (result != SQLITE_OK)
		return database_error(database, result, error);
	distrust(database, content.len);
	result = sqlite3_prepare_v2(database->handle, "SELECT blob FROM Packages", -1, &database->rows, NULL);
	return result == SQLITE_OK ? TARSIER_OK : database_error(database, result, error);
}

static void database_close(struct rpm_database *database, const struct arena *arena)
{
	sqlite3_finalize(database->rows);
	sqlite3_close(database->handle);
	memory_resize(&arena->allocator, database->copy, database->size, 0);
}

/* ---- its rows ---------------------------------------------------------------------------------------------------- */

/* The rows of a valid database do not overlap, so together they are at most as long as the file. */
static int read_rows(struct rpm_database *database, size_t size, struct reader_output *output,
                     struct tarsier_error *error)
{
	size_t number = 0, bytes = 0;
	int result;
	while ((result = sqlite3_step(database->rows)) == SQLITE_ROW) {
		char place[32];
		const void *data = sqlite3_column_blob(database->rows, 0);
		span blob = {data ? data : "", (size_t)sqlite3_column_bytes(database->rows, 0)};
		bytes += blob.len + 1;
		if (bytes > size)
			return error_set(error, TARSIER_FORMAT, "not a readable rpm database: its rows overlap");
		snprintf(place, sizeof place, "row %zu", ++number);
		int code = rpm_package_add(output, blob, place, error);
		if (code < 0)
			return code;
	}
	return result == SQLITE_DONE ? TARSIER_OK : database_error(database, result, error);
}

static bool is_sqlite(span content)
{
	static const char magic[16] = "SQLite format 3"; /* including its NUL */
	return content.len >= SQLITE_HEADER && memcmp(content.ptr, magic, sizeof magic) == 0;
}

static int read_sqlite(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct rpm_database database = {0};
	span content = evidence->content;
	int code = apply_log(&database, output->arena, evidence->beside, &content, error);
	if (code >= 0 && !is_sqlite(content))
		code = error_set(error, TARSIER_FORMAT, "not a readable rpm database: its write-ahead log replaces the first page");
	if (code >= 0)
		code = leave_wal_mode(&database, output->arena, &content, error);
	if (code >= 0)
		code = database_open(&database, content, error);
	if (code >= 0)
		code = read_rows(&database, content.len, output, error);
	database_close(&database, output->arena);
	return code;
}

/* ---- detecting the kind by the first bytes, because a link's target may have any name ---------------------------- */

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span content = evidence->content;
	if (is_sqlite(content))
		return read_sqlite(evidence, output, error);
	if (rpm_is_berkeley(content))
		return rpm_berkeley_read(content, output, error);
	if (rpm_is_ndb(content))
		return rpm_ndb_read(content, output, error);
	return error_set(error, TARSIER_FORMAT, "not an rpm database: neither SQLite nor Berkeley DB nor ndb");
}

#define IN(folder) folder "/rpmdb.sqlite", folder "/Packages", folder "/Packages.db"

const struct reader reader_rpm = {
	.name = "rpm",
	.version = 7,
	.evidence = (const char *const[]){IN("var/lib/rpm"), IN("usr/lib/sysimage/rpm"), IN("usr/share/rpm"), NULL},
	.limit = DATABASE_LIMIT,
	.read = read,
};
