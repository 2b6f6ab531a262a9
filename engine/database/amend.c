/* begins a database as a copy of another, and finds records in it */
#include "database/ends.h"
#include "database/amend.h"

#include "database/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Compose the file anew if more than this share of the advisories has been added behind the sorted ones. */
enum { APPENDED_SHARE = 8 };

int amend_each(struct database_writer *writer, const char *sql,
               int (*take)(void *user, sqlite3_stmt *row, struct tarsier_error *error), void *user,
               struct tarsier_error *error)
{
	sqlite3 *sqlite = writer->amending->connection->sqlite;
	sqlite3_stmt *select = NULL;
	int step = sqlite3_prepare_v2(sqlite, sql, -1, &select, NULL), code = 0;
	while (code >= 0 && (step == SQLITE_OK || step == SQLITE_ROW) && (step = sqlite3_step(select)) == SQLITE_ROW)
		code = take(user, select, error);
	if (code >= 0 && step != SQLITE_DONE)
		code = database_fail(sqlite, writer->path, error);
	sqlite3_finalize(select);
	return code;
}

/* ---- what the old file has -------------------------------------------------------------------------------------------- */

static int take_last(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	sqlite3_int64 last = sqlite3_column_int64(row, 0);
	(void)error;
	*(uint32_t *)user = last > 0 && last < UINT32_MAX ? (uint32_t)last : 0;
	return 0;
}

static int take_appended(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = user;
	uint32_t number = (uint32_t)sqlite3_column_int64(row, 0);
	const char *id = span_copy(&writer->arena, column_span(row, 1));
	if (number <= writer->amending->sorted)
		return 0;
	bool done = id && map_put(&writer->amending->appended, span_of(id), (void *)(uintptr_t)number);
	return done ? 0 : error_memory(error);
}

static int take_ecosystem(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = user;
	struct known_ecosystem *known = writer_ecosystem(writer, column_span(row, 1));
	if (!known)
		return error_memory(error);
	known->final = sqlite3_column_int(row, 0);
	known->packages = (uint64_t)sqlite3_column_int64(row, 2);
	return 0;
}

static int take_feed(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = user;
	span name = column_span(row, 0);
	uint64_t records = (uint64_t)sqlite3_column_int64(row, 1);
	if (span_is(name, "KEV") || span_is(name, "EPSS")) {
		*(span_is(name, "KEV") ? &writer->amending->kev : &writer->amending->epss) = records;
		return 0;
	}
	struct known_family *family = writer_family(writer, name);
	const char *newest = span_copy(&writer->arena, column_span(row, 2));
	if (!family || !newest)
		return error_memory(error);
	family->records = records;
	family->newest = newest;
	family->covered = sqlite3_column_int(row, 3);
	return 0;
}

static int take_omission(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = user;
	int reason = sqlite3_column_int(row, 0);
	(void)error;
	if (reason >= 0 && reason < OMISSIONS)
		writer->omitted[reason] = (uint64_t)sqlite3_column_int64(row, 1);
	return 0;
}

static int take_meta(struct database_writer *writer, struct tarsier_error *error)
{
	struct database *old = writer->amending->old;
	const struct { const char **to, *key; } texts[] = {
		{&writer->newest, "newest"}, {&writer->kev_date, "kev_date"}, {&writer->epss_date, "epss_date"},
		{&writer->epss_model, "epss_model"}, {&writer->note, "note"}};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (!(*texts[i].to = arena_string(&writer->arena, database_meta(old, texts[i].key))))
			return error_memory(error);
	writer->model_before = writer->epss_model;
	span dictionary = database_dictionary(old);
	writer->dictionary = (span){arena_copy(&writer->arena, dictionary.ptr, dictionary.len), dictionary.len};
	if (writer_take_ends(writer, database_meta(old, "ends"), error) < 0)
		return TARSIER_MEMORY;
	writer->advisories = strtoull(database_meta(old, "advisories"), NULL, 10);
	writer->packages = strtoull(database_meta(old, "packages"), NULL, 10);
	writer->content = strtoull(database_meta(old, "identity"), NULL, 16);
	return writer->dictionary.ptr ? 0 : error_memory(error);
}

static int take_tables(struct database_writer *writer, struct tarsier_error *error)
{
	const struct { const char *sql; int (*take)(void *, sqlite3_stmt *, struct tarsier_error *); } steps[] = {
		{"SELECT number, name, packages FROM ecosystem", take_ecosystem},
		{"SELECT name, records, newest, covered FROM feed", take_feed},
		{"SELECT reason, count FROM omission", take_omission},
		{"SELECT number, id FROM advisory WHERE number > (SELECT value + 0 FROM meta WHERE key = 'sorted')", take_appended}};
	int code = take_meta(writer, error);
	for (size_t i = 0; i < sizeof steps / sizeof *steps && code >= 0; i++)
		code = amend_each(writer, steps[i].sql, steps[i].take, writer, error);
	return code;
}

/* ---- the copy --------------------------------------------------------------------------------------------------------- */

void amend_free(struct amending *amending)
{
	if (!amending)
		return;
	if (amending->connection)
		database_release(amending->old, amending->connection);
	database_close(amending->old);
}

static int copy_file(struct database_writer *writer, const char *path, struct tarsier_error *error)
{
	int from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return error_errno(error, errno, "open %s", path);
	int code = pages_copy(from, writer->lock, path, error);
	close(from);
	return code;
}

/* The old file may have been replaced after it was opened. */
static int check_copy(struct database_writer *writer, const char *path, struct tarsier_error *error)
{
	sqlite3_stmt *select = NULL;
	int code = writer_prepare(writer, "SELECT 1 FROM main.meta WHERE key='identity' AND value=?1", &select, error);
	if (code < 0)
		return code;
	sqlite3_bind_text(select, 1, database_meta(writer->amending->old, "identity"), -1, SQLITE_STATIC);
	int found = writer_step(writer, select, error);
	sqlite3_finalize(select);
	if (!found)
		return error_set(error, TARSIER_DATABASE, "%s was replaced while it was in use: import again", path);
	return found < 0 ? found : 0;
}

/* Opens the database. Returns 0 if it must be composed anew. */
static int open_old(struct amending *amending, const char *path, struct tarsier_error *error)
{
	int code = database_open(path, &amending->old, error);
	if (code >= 0)
		code = database_acquire(amending->old, &amending->connection, error);
	if (code < 0)
		return code;
	amending->sorted = (uint32_t)strtoul(database_meta(amending->old, "sorted"), NULL, 10);
	return amending->sorted > 0;
}

int writer_amend(struct database_writer *writer, const char *path, struct tarsier_error *error)
{
	struct amending *amending = arena_alloc(&writer->arena, sizeof *amending);
	if (!amending)
		return error_memory(error);
	writer->amending = amending;
	amending->appended.arena = amending->scopes.arena = amending->asked.arena = &writer->arena;
	int code = open_old(amending, path, error);
	if (code > 0)
		code = amend_each(writer, "SELECT max(number) FROM advisory", take_last, &amending->last, error);
	bool suits = code >= 0 && amending->sorted && amending->last >= amending->sorted &&
	             amending->last - amending->sorted <= amending->sorted / APPENDED_SHARE;
	if (!suits) {
		amend_free(amending);
		writer->amending = NULL;
		return code;
	}
	code = take_tables(writer, error);
	writer_close(writer);
	if (code >= 0)
		code = copy_file(writer, path, error);
	if (code >= 0)
		code = writer_reopen(writer, error);
	if (code >= 0)
		code = check_copy(writer, path, error);
	writer->last_number = amending->last;
	return code < 0 ? code : 1;
}

/* ---- one record ------------------------------------------------------------------------------------------------------- */

/* The first advisory with that number or a larger one. Returns 1 and its id, valid until the next step. */
static int id_from(sqlite3_stmt *select, uint32_t number, uint32_t *found, span *id)
{
	sqlite3_reset(select);
	sqlite3_bind_int64(select, 1, number);
	int step = sqlite3_step(select);
	if (step != SQLITE_ROW)
		return step == SQLITE_DONE ? 0 : -1;
	*found = (uint32_t)sqlite3_column_int64(select, 0);
	*id = column_span(select, 1);
	return 1;
}

/* Sets *number to that of the advisory with this id, or to 0. Numbers may be missing. */
static int find_number(struct database_writer *writer, const char *id, uint32_t *number, struct tarsier_error *error)
{
	struct amending *amending = writer->amending;
	sqlite3 *sqlite = amending->connection->sqlite;
	sqlite3_stmt *select = NULL;
	uint32_t low = 1, high = amending->sorted + 1, found = 0; /* it is at `low` or behind, and before `high` */
	span other;
	*number = (uint32_t)(uintptr_t)map_get(&amending->appended, span_of(id));
	if (*number)
		return 0;
	int code = sqlite3_prepare_v2(sqlite, "SELECT number, id FROM advisory WHERE number >= ?1 ORDER BY number LIMIT 1", -1,
	                              &select, NULL) == SQLITE_OK ? 0 : -1;
	while (code >= 0 && low < high && !*number) {
		uint32_t middle = low + (high - low) / 2;
		code = id_from(select, middle, &found, &other);
		int order = code > 0 && found < high ? span_compare(span_of(id), other) : -1;
		if (order == 0)
			*number = found;
		low = order > 0 ? found + 1 : low;
		high = order < 0 ? middle : high;
	}
	if (code < 0)
		code = database_fail(sqlite, writer->path, error);
	sqlite3_finalize(select);
	return code < 0 ? code : 0;
}

static struct known_advisory *add_old(struct database_writer *writer, const char *id, uint32_t number,
                                      const char *modified)
{
	struct known_advisory *known = arena_alloc(&writer->arena, sizeof *known);
	const char *copy = arena_string(&writer->arena, id);
	if (!known || !copy || !map_put(&writer->known, span_of(copy), known))
		return NULL;
	*known = (struct known_advisory){.id = copy, .number = number, .in_file = number, .old = true,
	                                 .modified = arena_string(&writer->arena, modified)};
	return known->modified ? known : NULL;
}

int amend_find(struct database_writer *writer, const char *id, struct known_advisory **result,
               struct tarsier_error *error)
{
	struct advisory_text text;
	uint32_t number;
	*result = NULL;
	int code = find_number(writer, id, &number, error);
	if (code < 0 || !number)
		return code;
	code = connection_advisory_text(writer->amending->connection, &writer->scratch, number, &text, error);
	if (code < 0)
		return code;
	*result = add_old(writer, id, number, text.modified);
	return *result ? 0 : error_memory(error);
}

/* A record of an own feed in the old file; `next` is another of its scope. */
struct scoped { uint32_t number; const char *id; struct scoped *next; };

static int take_scoped(void *user, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = user;
	struct map *scopes = &writer->amending->scopes;
	span plain, scope, text = column_span(row, 1);
	sqlite3_int64 number = sqlite3_column_int64(row, 0);
	if (number < 1 || number > writer->amending->last) /* the file is not trusted */
		return 0;
	if (!span_cut(text, '\n', &plain, &scope))
		return 0;
	const char *id = span_copy(&writer->arena, text);
	struct scoped *one = arena_alloc(&writer->arena, sizeof *one);
	if (!id || !one)
		return error_memory(error);
	scope = span_from(span_of(id), plain.len + 1);
	*one = (struct scoped){(uint32_t)number, id, map_get(scopes, scope)};
	return map_put(scopes, scope, one) ? 0 : error_memory(error);
}

/* Most own feeds have a scope for each record, so all are read in one walk, not in one for each. */
int amend_scope(struct database_writer *writer, const char *scope, struct tarsier_error *error)
{
	struct amending *amending = writer->amending;
	int code = amending->scopes_read ? 0
	         : amend_each(writer, "SELECT number, id FROM advisory ORDER BY number DESC", take_scoped, writer, error);
	if (code < 0)
		return code;
	amending->scopes_read = true;
	for (const struct scoped *one = map_get(&amending->scopes, span_of(scope)); one; one = one->next)
		if (!map_get(&writer->known, span_of(one->id)) && !add_old(writer, one->id, one->number, ""))
			return error_memory(error);
	return 0;
}
