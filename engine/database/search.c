/* answers people's questions: what a database has about a CVE, about a package, and all in all */
#include "database/database.h"
#include "database/package_rows.h"
#include "format/cve_id.h"
#include "format/cvss.h"
#include "format/ecosystem.h"
#include "tarsier_share.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { LISTED = 16 }; /* versions that a text names */

struct searching {
	struct database *database;
	struct connection *connection;
	const char *path;
	struct arena arena, row;        /* for all of it; for one row */
	uint8_t *wanted;                /* by advisory number: it was asked for */
	uint8_t *severities;            /* by advisory number: the highest that a distribution gives one of its packages */
	const char **ecosystems;        /* by advisory number: of its first package; or NULL */
	size_t count;                   /* numbers, from 1 */
	size_t number;                  /* of the advisory that is listed */
	const char *scope;              /* of the advisory that is listed; "" */
	const char *id;
	uint32_t cve;
	bool by_alias;
	int (*on_record)(void *, const struct tarsier_record *);
	void *user;
};

static int open_search(struct searching *searching, struct tarsier_error *error)
{
	int code = database_open(searching->path, &searching->database, error);
	arena_init(&searching->arena, NULL);
	arena_init(&searching->row, NULL);
	return code < 0 ? code : database_acquire(searching->database, &searching->connection, error);
}

static void close_search(struct searching *searching)
{
	if (searching->connection)
		database_release(searching->database, searching->connection);
	database_close(searching->database);
	arena_free(&searching->row);
	arena_free(&searching->arena);
}

/* Calls `take` for each row; 1 from it ends the loop. */
static int each(struct searching *searching, const char *sql, int (*take)(struct searching *, sqlite3_stmt *, struct tarsier_error *),
                struct tarsier_error *error)
{
	sqlite3_stmt *select = NULL;
	sqlite3 *sqlite = searching->connection->sqlite;
	int step = sqlite3_prepare_v2(sqlite, sql, -1, &select, NULL), code = 0;
	bool ended = false;
	while (!ended && (step == SQLITE_OK || step == SQLITE_ROW) && (step = sqlite3_step(select)) == SQLITE_ROW) {
		arena_reset(&searching->row);
		code = take(searching, select, error);
		ended = code < 0 || code > 0;
	}
	if (!ended && step != SQLITE_DONE)
		code = database_fail(sqlite, searching->path, error);
	sqlite3_finalize(select);
	return code;
}

static int read_text(struct searching *searching, sqlite3_stmt *row, struct advisory_text *text, struct tarsier_error *error)
{
	span plain, scope;
	span_cut(column_span(row, 1), '\n', &plain, &scope); /* write.h: the id of an own feed's record */
	char *id = span_copy(&searching->row, plain);
	return id ? advisory_text_read(searching->connection->unpacker, &searching->row, id, column_span(row, 2), column_span(row, 3), text,
	                               error) : error_memory(error);
}

/* ---- one record ------------------------------------------------------------------------------------------------------ */

static const char *version_at(const struct package_rows *rows, struct arena *arena, uint32_t version)
{
	return version ? span_copy(arena, rows->versions[version]) : "0";
}

static bool add_bound(struct buffer *text, const char *before, const char *sign, const struct package_rows *rows, uint32_t version)
{
	span number = version ? rows->versions[version] : SPAN("0");
	return buffer_add(text, before, text->length ? strlen(before) : 0) && buffer_add(text, sign, strlen(sign)) &&
	       buffer_add(text, " ", 1) && buffer_add(text, number.ptr, number.len);
}

/* ">= 1.0, < 1.2 or >= 2.0, < 2.1", the ranges in the order in which they are stored. */
static const char *ranges_of(const struct package_rows *rows, struct arena *arena)
{
	static const char *const signs[] = {[EVENT_INTRODUCED] = ">=", [EVENT_FIXED] = "<", [EVENT_LAST_AFFECTED] = "<=", [EVENT_LIMIT] = "<"};
	const struct package_row *row = &rows->row;
	struct buffer text;
	bool done = true;
	buffer_init(&text, NULL);
	for (size_t i = 0; i < row->event_count && done; i++) {
		const struct row_event *event = &row->events[i];
		if (event->kind == EVENT_INTRODUCED && !event->version && i + 1 < row->event_count && !row->events[i + 1].starts)
			continue; /* ">= 0" says nothing if a bound follows */
		bool begins = event->kind == EVENT_INTRODUCED || (i && row->events[i - 1].starts && row->events[i - 1].kind == EVENT_INTRODUCED &&
		              !row->events[i - 1].version);
		done = add_bound(&text, begins ? " or " : ", ", signs[event->kind], rows, event->version);
	}
	/* Feeds list what their ranges cover; without ranges it is all that there is. */
	for (size_t i = 0; !row->event_count && i < row->version_count && done && i < LISTED; i++)
		done = add_bound(&text, " or ", "=", rows, row->versions[i]);
	const char *copy = done ? span_copy(arena, buffer_span(&text)) : NULL;
	buffer_free(&text);
	return copy;
}

/* The lowest of the stored fixes comes first. */
static const char *fix_of(const struct package_rows *rows, struct arena *arena)
{
	for (size_t i = 0; i < rows->row.event_count; i++)
		if (rows->row.events[i].kind == EVENT_FIXED)
			return version_at(rows, arena, rows->row.events[i].version);
	return "";
}

static enum tarsier_severity severity_of(const struct package_row *row, const struct advisory_text *text, const char *vector)
{
	struct cvss cvss;
	if (row && row->severity)
		return row->severity;
	if (text->severity)
		return text->severity;
	return *vector && cvss_score(span_of(vector), &cvss, NULL) >= 0 ? cvss.severity : TARSIER_SEVERITY_UNKNOWN;
}

static int give_record(struct searching *searching, const char *ecosystem, const char *package, const struct package_rows *rows,
                       const struct advisory_text *text, struct tarsier_error *error)
{
	struct arena *arena = &searching->row;
	const struct package_row *row = rows ? &rows->row : NULL;
	const char *vector = row && row->vector ? span_copy(arena, rows->versions[row->vector]) : text->vector;
	struct tarsier_record record = {
		.id = text->id, .aliases = (const char *const *)text->aliases, .summary = text->summary, .published = text->published,
		.modified = text->modified, .url = text->url, .vector = vector, .ecosystem = ecosystem, .package = package,
		.affected = rows ? ranges_of(rows, arena) : "", .fixed = rows ? fix_of(rows, arena) : "",
		.status = row ? status_name(row->status) : "", .scope = searching->scope};
	if (!vector || !record.affected || !record.fixed)
		return error_memory(error);
	record.severity = severity_of(row, text, vector);
	if (!row && searching->severities && searching->severities[searching->number] > record.severity)
		record.severity = searching->severities[searching->number];
	return searching->on_record(searching->user, &record) ? 1 : 0;
}

/* ---- by id ------------------------------------------------------------------------------------------------------------- */

static bool has_cve(const struct advisory_text *text, uint32_t cve)
{
	for (size_t i = 0; i < text->cve_count; i++)
		if (text->cves[i] == cve)
			return true;
	return false;
}

static int mark_if_named(struct searching *searching, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct advisory_text text;
	sqlite3_int64 number = sqlite3_column_int64(row, 0);
	if (number < 1 || (uint64_t)number >= searching->count)
		return 0;
	int code = read_text(searching, row, &text, error);
	if (code < 0)
		return code;
	bool named = strcasecmp(text.id, searching->id) == 0 || (searching->cve && has_cve(&text, searching->cve));
	for (const char **alias = text.aliases; !named && *alias; alias++)
		named = strcasecmp(*alias, searching->id) == 0;
	searching->wanted[number] = named;
	return 0;
}

static int give_wanted(struct searching *searching, sqlite3_stmt *from, struct tarsier_error *error)
{
	struct package_rows rows;
	struct advisory_text text;
	int code = package_rows_open(&rows, &searching->row, column_span(from, 2), error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0) {
		if (rows.row.advisory >= searching->count || !searching->wanted[rows.row.advisory])
			continue;
		char *ecosystem = span_copy(&searching->row, column_span(from, 0)), *name = span_copy(&searching->row, column_span(from, 1));
		code = ecosystem && name ? connection_advisory_text(searching->connection, &searching->row, rows.row.advisory, &text, error)
		                         : error_memory(error);
		if (code >= 0 && (code = give_record(searching, ecosystem, name, &rows, &text, error)) > 0)
			return 1;
	}
	return code;
}

static int count_numbers(struct searching *searching, sqlite3_stmt *row, struct tarsier_error *error)
{
	sqlite3_int64 last = sqlite3_column_int64(row, 0);
	if (last < 0 || last >= UINT32_MAX)
		return error_set(error, TARSIER_DATABASE, "%s: the database is damaged", searching->path);
	searching->count = (size_t)last + 1;
	return 0;
}

static int search_id(struct searching *searching, struct tarsier_error *error)
{
	searching->cve = cve_number(span_of(searching->id));
	int code = each(searching, "SELECT coalesce(max(number), 0) FROM advisory", count_numbers, error);
	searching->wanted = code >= 0 ? arena_array(&searching->arena, searching->count, 1) : NULL;
	if (code >= 0 && !searching->wanted)
		code = error_memory(error);
	if (code >= 0)
		code = each(searching, "SELECT number, id, head, body FROM advisory", mark_if_named, error);
	return code < 0 ? code : each(searching, "SELECT e.name, p.name, p.rows FROM package p JOIN ecosystem e ON e.number = p.ecosystem "
	                              "ORDER BY e.number, p.name", give_wanted, error);
}

/* ---- by package -------------------------------------------------------------------------------------------------------- */

static int search_package(struct searching *searching, const char *ecosystem, const char *package, struct tarsier_error *error)
{
	struct package_rows rows;
	struct advisory_text text;
	span key = ecosystem_key(&searching->arena, span_of(ecosystem)), blob;
	if (!key.ptr)
		return error_memory(error);
	int number = database_ecosystem(searching->database, key);
	int code = number ? connection_rows(searching->connection, number, package, &blob, error) : 0;
	char *copy = code > 0 ? arena_copy(&searching->arena, blob.ptr, blob.len) : NULL;
	char *name = span_copy(&searching->arena, key);
	if (code > 0 && (!copy || !name))
		return error_memory(error);
	if (code > 0)
		code = package_rows_open(&rows, &searching->arena, (span){copy, blob.len}, error);
	while (code >= 0 && copy && (code = package_rows_next(&rows, error)) > 0) {
		arena_reset(&searching->row);
		code = connection_advisory_text(searching->connection, &searching->row, rows.row.advisory, &text, error);
		if (code >= 0 && (code = give_record(searching, name, package, &rows, &text, error)) > 0)
			return 1;
	}
	return code;
}

int tarsier_database_search(const char *database, const char *id, const char *ecosystem, const char *package,
                            int (*on_record)(void *user, const struct tarsier_record *record), void *user, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct searching searching = {.path = database, .scope = "", .id = id, .on_record = on_record, .user = user};
	error = error_or(error, &own);
	if (!id && (!ecosystem || !package))
		return error_set(error, TARSIER_USAGE, "tarsier_database_search: give an id, or an ecosystem and a package");
	int code = open_search(&searching, error);
	if (code >= 0)
		code = id ? search_id(&searching, error) : search_package(&searching, ecosystem, package, error);
	close_search(&searching);
	return code < 0 ? code : TARSIER_OK;
}

/* ---- all of them ------------------------------------------------------------------------------------------------------- */

/* Notes what a package's rows say of their advisories. */
static int note_rows(struct searching *searching, sqlite3_stmt *from, struct tarsier_error *error)
{
	struct package_rows rows;
	const char *ecosystem = NULL;
	int code = package_rows_open(&rows, &searching->row, column_span(from, 1), error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0) {
		uint32_t number = rows.row.advisory;
		if (number >= searching->count)
			continue;
		if (!ecosystem && !(ecosystem = span_copy(&searching->arena, column_span(from, 0))))
			return error_memory(error);
		if (!searching->ecosystems[number])
			searching->ecosystems[number] = ecosystem;
		if (rows.row.severity > searching->severities[number])
			searching->severities[number] = (uint8_t)rows.row.severity;
	}
	return code;
}

static int note_packages(struct searching *searching, struct tarsier_error *error)
{
	int code = each(searching, "SELECT coalesce(max(number), 0) FROM advisory", count_numbers, error);
	if (code < 0)
		return code;
	searching->severities = arena_array(&searching->arena, searching->count, 1);
	searching->ecosystems = arena_array(&searching->arena, searching->count, sizeof *searching->ecosystems);
	if (!searching->severities || !searching->ecosystems)
		return error_memory(error);
	return each(searching, "SELECT e.name, p.rows FROM package p JOIN ecosystem e ON e.number = p.ecosystem", note_rows, error);
}

static int give_text(struct searching *searching, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct advisory_text text;
	span plain, scope;
	sqlite3_int64 number = sqlite3_column_int64(row, 0);
	if (number < 1 || (uint64_t)number >= searching->count)
		return 0;
	searching->number = (size_t)number;
	span_cut(column_span(row, 1), '\n', &plain, &scope);
	searching->scope = span_copy(&searching->row, scope);
	if (!searching->scope)
		return error_memory(error);
	const char *ecosystem = searching->ecosystems[number];
	int code = read_text(searching, row, &text, error);
	return code < 0 ? code : give_record(searching, ecosystem ? ecosystem : "", "", NULL, &text, error);
}

/* By id. That is the order of the numbers too, unless an import has added advisories behind the others: amend.h. */
static int give_texts(struct searching *searching, struct tarsier_error *error)
{
	bool sorted = searching->count <= strtoul(database_meta(searching->database, "sorted"), NULL, 10) + 1;
	return each(searching, sorted ? "SELECT number, id, head, body FROM advisory ORDER BY number"
	                              : "SELECT number, id, head, body FROM advisory ORDER BY id", give_text, error);
}

int tarsier_database_list(const char *database, int (*on_record)(void *user, const struct tarsier_record *record), void *user,
                          struct tarsier_error *error)
{
	struct tarsier_error own;
	struct searching searching = {.path = database, .on_record = on_record, .user = user};
	error = error_or(error, &own);
	int code = open_search(&searching, error);
	if (code >= 0)
		code = note_packages(&searching, error);
	if (code >= 0)
		code = give_texts(&searching, error);
	close_search(&searching);
	return code < 0 ? code : TARSIER_OK;
}
