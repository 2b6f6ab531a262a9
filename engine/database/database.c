#include "database/database.h"

#include "database/pages.h"
#include "format/ecosystem.h"
#include "format/url.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Pages kept in memory, in KiB: a match rarely reads a page twice, and fresh heap costs more than reading a page
 * again. */
enum { CACHE_KIB = 256 };

struct database {
	struct arena arena;
	char *path;                 /* absolute, because connections are opened later, too */
	char *given;                /* as the caller gave it, for messages */
	char *identity;             /* compared to detect that the file was replaced */
	struct map meta, ecosystems, feeds, omissions;
	span dictionary;
	struct pages_vfs *pages;
	pthread_mutex_t lock;
	struct connection *idle;
};

int database_fail(sqlite3 *sqlite, const char *path, struct tarsier_error *error)
{
	return error_set(error, TARSIER_DATABASE, "%s: %s; build it again with `tarsier db import PATH…`", path,
	                 !sqlite ? "out of memory" : pages_damaged(sqlite) ? "the database is damaged" : sqlite3_errmsg(sqlite));
}

span column_span(sqlite3_stmt *statement, int column)
{
	const char *bytes = sqlite3_column_blob(statement, column);
	return (span){bytes ? bytes : "", bytes ? (size_t)sqlite3_column_bytes(statement, column) : 0};
}

/* ---- connections ------------------------------------------------------------------------------------------------- */

/* SQLite's URI grammar: '%', '?' and '#' in a path must be escaped. */
static bool make_uri(struct buffer *uri, const char *path)
{
	bool done = buffer_add(uri, "file:", 5);
	for (const char *c = path; *c && done; c++) {
		char encoded[3];
		url_encode_byte(*c, encoded);
		done = strchr("%?#", *c) ? buffer_add(uri, encoded, sizeof encoded) : buffer_add(uri, c, 1);
	}
	return done && buffer_add(uri, "?mode=ro&immutable=1", sizeof "?mode=ro&immutable=1");
}

static int open_sqlite(const struct database *database, sqlite3 **sqlite, struct tarsier_error *error)
{
	const char *path = database->path;
	struct buffer uri;
	*sqlite = NULL;
	buffer_init(&uri, NULL);
	bool made = make_uri(&uri, path);
	int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	int code = made ? sqlite3_open_v2(uri.data, sqlite, flags, pages_vfs_name(database->pages)) : SQLITE_NOMEM;
	buffer_free(&uri);
	if (code != SQLITE_OK)
		return database_fail(*sqlite, path, error);
	return 0;
}

static void close_connection(struct connection *connection)
{
	if (!connection)
		return;
	sqlite3_finalize(connection->package);
	sqlite3_finalize(connection->advisory);
	sqlite3_finalize(connection->cve);
	sqlite3_close(connection->sqlite);
	unpacker_free(connection->unpacker);
	free(connection);
}

static bool prepare(struct connection *connection)
{
	char pragma[64];
	snprintf(pragma, sizeof pragma, "PRAGMA cache_size=-%d", CACHE_KIB);
	sqlite3 *sqlite = connection->sqlite;
	return sqlite3_exec(sqlite, pragma, NULL, NULL, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(sqlite, "SELECT rows FROM package WHERE ecosystem=?1 AND name=?2", -1,
	                          &connection->package, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(sqlite, "SELECT id, head, body FROM advisory WHERE number=?1", -1,
	                          &connection->advisory, NULL) == SQLITE_OK &&
	       sqlite3_prepare_v2(sqlite, "SELECT epss, percentile, kev, stated || derived, text FROM cve WHERE number=?1", -1,
	                          &connection->cve, NULL) == SQLITE_OK;
}

/* Returns the only value of a statement without parameters, as text in the arena; "" if there is no row. */
static int ask(sqlite3 *sqlite, struct arena *arena, const char *sql, const char **answer)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	*answer = code == SQLITE_ROW || code == SQLITE_DONE ? span_copy(arena, column_span(statement, 0)) : NULL;
	sqlite3_finalize(statement);
	return *answer ? SQLITE_OK : code;
}

/* The file may have been replaced since the first connection. One report must not mix two databases. */
static int check_same(struct database *database, struct connection *connection, struct tarsier_error *error)
{
	struct arena arena;
	const char *identity;
	arena_init(&arena, NULL);
	int code = 0;
	if (ask(connection->sqlite, &arena, "SELECT value FROM meta WHERE key='identity'", &identity) != SQLITE_OK)
		code = database_fail(connection->sqlite, database->given, error);
	else if (strcmp(identity, database->identity) != 0)
		code = error_set(error, TARSIER_DATABASE, "%s was replaced while it was in use: scan again", database->given);
	arena_free(&arena);
	return code;
}

/* Until get_ready it can only be asked with statements of the caller's. */
static int open_connection(struct database *database, struct connection **connection, struct tarsier_error *error)
{
	*connection = calloc(1, sizeof **connection);
	return *connection ? open_sqlite(database, &(*connection)->sqlite, error) : error_memory(error);
}

static int get_ready(struct database *database, struct connection *connection, struct tarsier_error *error)
{
	if (!prepare(connection))
		return database_fail(connection->sqlite, database->given, error);
	return unpacker_new(database->dictionary, &connection->unpacker, error);
}

static int new_connection(struct database *database, struct connection **result, struct tarsier_error *error)
{
	struct connection *connection;
	int code = open_connection(database, &connection, error);
	if (code >= 0)
		code = check_same(database, connection, error);
	if (code >= 0)
		code = get_ready(database, connection, error);
	if (code < 0)
		close_connection(connection);
	*result = code < 0 ? NULL : connection;
	return code;
}

static struct connection *take_idle(struct database *database)
{
	pthread_mutex_lock(&database->lock);
	struct connection *connection = database->idle;
	if (connection)
		database->idle = connection->next;
	pthread_mutex_unlock(&database->lock);
	return connection;
}

int database_acquire(struct database *database, struct connection **connection, struct tarsier_error *error)
{
	*connection = take_idle(database);
	if (!*connection) {
		int code = new_connection(database, connection, error);
		if (code < 0)
			return code;
	}
	sqlite3_exec((*connection)->sqlite, "BEGIN", NULL, NULL, NULL);
	return 0;
}

void database_release(struct database *database, struct connection *connection)
{
	if (!connection)
		return;
	sqlite3_reset(connection->package);
	sqlite3_reset(connection->advisory);
	sqlite3_reset(connection->cve);
	sqlite3_exec(connection->sqlite, "COMMIT", NULL, NULL, NULL);
	pthread_mutex_lock(&database->lock);
	connection->next = database->idle;
	database->idle = connection;
	pthread_mutex_unlock(&database->lock);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static uint32_t big_endian(const unsigned char *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Checks the header, https://sqlite.org/fileformat.html#the_database_header. Other programs' files have no checksums,
 * and must not be reported as damaged. */
static int check_header(int fd, const char *path, struct tarsier_error *error)
{
	enum { SIZE = 100, USER_VERSION = 60, APPLICATION = 68 };
	unsigned char header[SIZE];
	if (pread(fd, header, SIZE, 0) != SIZE || memcmp(header, "SQLite format 3", 16) != 0 ||
	    big_endian(header + APPLICATION) != DATABASE_APPLICATION)
		return error_set(error, TARSIER_DATABASE, "%s: not a vulnerability database: create one with "
		                 "`tarsier db import PATH…`", path);
	uint32_t schema = big_endian(header + USER_VERSION);
	if (schema > DATABASE_SCHEMA)
		return error_set(error, TARSIER_DATABASE, "%s: a newer tarsier wrote this database (schema %u, this one reads %d): "
		                 "upgrade tarsier, or build it again with `tarsier db import PATH…`", path, schema, DATABASE_SCHEMA);
	if (schema < DATABASE_SCHEMA)
		return error_set(error, TARSIER_DATABASE, "%s: an older tarsier wrote this database (schema %u, this one reads %d): "
		                 "build it again with `tarsier db import PATH…`", path, schema, DATABASE_SCHEMA);
	return 0;
}

/* Opens the file itself first: the operating system's message is better than SQLite's "unable to open". */
static int check_file(const char *path, struct tarsier_error *error)
{
	char reason[128];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		int code = check_header(fd, path, error);
		close(fd);
		return code;
	}
	if (errno == ENOENT)
		return error_set(error, TARSIER_DATABASE, "%s: no vulnerability database exists here: create one with "
		                 "`tarsier db import PATH…`", path);
	const char *text = strerror_r(errno, reason, sizeof reason);
	return error_set(error, TARSIER_DATABASE, "%s: cannot open this vulnerability database: %s", path, text);
}

/* Reads the rows of a two-column statement, as text, into a map. */
static int read_map(struct database *database, sqlite3 *sqlite, const char *sql, struct map *map,
                    struct tarsier_error *error)
{
	sqlite3_stmt *statement = NULL;
	int step = sqlite3_prepare_v2(sqlite, sql, -1, &statement, NULL);
	bool memory = true;
	while (memory && (step == SQLITE_OK || step == SQLITE_ROW) && (step = sqlite3_step(statement)) == SQLITE_ROW) {
		char *key = span_copy(&database->arena, column_span(statement, 0));
		char *value = span_copy(&database->arena, column_span(statement, 1));
		memory = key && value && map_put(map, span_of(key), value);
	}
	int code = !memory ? error_memory(error) : step == SQLITE_DONE ? 0 : database_fail(sqlite, database->given, error);
	sqlite3_finalize(statement);
	return code;
}

static int read_dictionary(struct database *database, sqlite3 *sqlite, struct tarsier_error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = sqlite3_prepare_v2(sqlite, "SELECT value FROM meta WHERE key='dictionary'", -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW) {
		span bytes = column_span(statement, 0);
		database->dictionary = (span){span_copy(&database->arena, bytes), bytes.len};
	}
	sqlite3_finalize(statement);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return database_fail(sqlite, database->given, error);
	return database->dictionary.ptr || code == SQLITE_DONE ? 0 : error_memory(error);
}

static int read_all(struct database *database, sqlite3 *sqlite, struct tarsier_error *error)
{
	int code = read_map(database, sqlite, "SELECT key, value FROM meta WHERE key<>'dictionary'", &database->meta, error);
	if (code >= 0)
		code = read_map(database, sqlite, "SELECT name, number FROM ecosystem", &database->ecosystems, error);
	if (code >= 0)
		code = read_map(database, sqlite, "SELECT name, covered||' '||records||' '||newest FROM feed ORDER BY name",
		                &database->feeds, error);
	if (code >= 0)
		code = read_map(database, sqlite, "SELECT reason, count FROM omission ORDER BY reason", &database->omissions, error);
	if (code >= 0)
		code = read_dictionary(database, sqlite, error);
	if (code < 0)
		return code;
	if (database->ecosystems.count == 0)
		return error_set(error, TARSIER_DATABASE, "%s: this database holds no advisories: fill it with "
		                 "`tarsier db import PATH…`", database->given);
	return 0;
}

static int open_all(struct database *database, const char *path, struct tarsier_error *error)
{
	database->given = arena_string(&database->arena, path);
	char *real = realpath(path, NULL);
	database->path = real ? arena_string(&database->arena, real) : NULL;
	free(real);
	if (!database->given || !database->path)
		return error_memory(error);
	int code = pages_vfs_new(&database->pages, error);
	if (code >= 0)
		code = open_connection(database, &database->idle, error);
	if (code >= 0)
		code = read_all(database, database->idle->sqlite, error);
	if (code < 0)
		return code;
	database->identity = arena_string(&database->arena, database_meta(database, "identity"));
	return database->identity ? get_ready(database, database->idle, error) : error_memory(error);
}

int database_open(const char *path, struct database **result, struct tarsier_error *error)
{
	*result = NULL;
	int code = check_file(path, error);
	if (code < 0)
		return code;
	struct database *database = calloc(1, sizeof *database);
	if (!database)
		return error_memory(error);
	arena_init(&database->arena, NULL);
	database->meta.arena = database->ecosystems.arena = &database->arena;
	database->feeds.arena = database->omissions.arena = &database->arena;
	pthread_mutex_init(&database->lock, NULL);
	code = open_all(database, path, error);
	if (code < 0)
		database_close(database);
	else
		*result = database;
	return code;
}

void database_close(struct database *database)
{
	if (!database)
		return;
	while (database->idle) {
		struct connection *next = database->idle->next;
		close_connection(database->idle);
		database->idle = next;
	}
	pages_vfs_free(database->pages);
	pthread_mutex_destroy(&database->lock);
	arena_free(&database->arena);
	free(database);
}

int database_ecosystem(const struct database *database, span ecosystem)
{
	const char *number = map_get(&database->ecosystems, ecosystem);
	return number ? atoi(number) : 0;
}

enum database_coverage database_coverage(const struct database *database, span ecosystem)
{
	const char *feed = map_get(&database->feeds, ecosystem_family(ecosystem));
	return !feed ? DATABASE_COVERS_NONE : *feed == '1' ? DATABASE_COVERS_FEED : DATABASE_COVERS_STRAY;
}

const struct map *database_feeds(const struct database *database)
{
	return &database->feeds;
}

const struct map *database_omissions(const struct database *database)
{
	return &database->omissions;
}

const char *database_path(const struct database *database)
{
	return database->given;
}

span database_dictionary(const struct database *database)
{
	return database->dictionary;
}

const char *database_meta(const struct database *database, const char *key)
{
	const char *value = map_get(&database->meta, span_of(key));
	return value ? value : "";
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *database_ecosystems(const struct database *database, struct arena *arena)
{
	const struct map *map = &database->ecosystems;
	const char **names = arena_array(arena, map->count + 1, sizeof *names);
	size_t count = 0;
	for (size_t i = 0; names && i < map->count; i++)
		if (!(names[count++] = span_copy(arena, map->entries[i].key)))
			return NULL;
	if (names)
		qsort(names, count, sizeof *names, compare_names);
	return names;
}
