/* stages the content of an older database as the beginning of a new one */
#include "database/write.h"

#include "format/date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct merging {
	struct database_writer *writer;
	struct database *database;
	struct connection *connection;
	struct arena arena;            /* memory for one row */
};

/* Calls `take` for every row of a statement on the old file. */
static int each(struct merging *merging, const char *sql,
                int (*take)(struct merging *, sqlite3_stmt *, struct tarsier_error *), struct tarsier_error *error)
{
	sqlite3 *sqlite = merging->connection->sqlite;
	sqlite3_stmt *select = NULL;
	int step = sqlite3_prepare_v2(sqlite, sql, -1, &select, NULL), code = 0;
	while (code >= 0 && (step == SQLITE_OK || step == SQLITE_ROW) && (step = sqlite3_step(select)) == SQLITE_ROW) {
		arena_free(&merging->arena);
		code = take(merging, select, error);
	}
	if (code >= 0 && step != SQLITE_DONE)
		code = database_fail(sqlite, merging->writer->path, error);
	sqlite3_finalize(select);
	return code;
}

static int take_ecosystem(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct known_ecosystem *known = writer_ecosystem(merging->writer, column_span(row, 1));
	if (!known)
		return error_memory(error);
	known->number = sqlite3_column_int(row, 0);
	if (known->number > merging->writer->last_ecosystem)
		merging->writer->last_ecosystem = known->number;
	return 0;
}

static int note_known(struct database_writer *writer, const char *id, uint32_t number, const char *modified,
                      struct tarsier_error *error)
{
	struct known_advisory *known = arena_alloc(&writer->arena, sizeof *known);
	char *key = arena_string(&writer->arena, id);
	if (!known || !key || !map_put(&writer->known, span_of(key), known))
		return error_memory(error);
	*known = (struct known_advisory){.id = key, .number = number, .modified = arena_string(&writer->arena, modified),
	                                 .old = true};
	if (number > writer->last_number)
		writer->last_number = number;
	return known->modified ? 0 : error_memory(error);
}

static int take_feed(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	if (span_is(column_span(row, 0), "KEV") || span_is(column_span(row, 0), "EPSS"))
		return 0;
	struct known_family *family = writer_family(merging->writer, column_span(row, 0));
	if (!family)
		return error_memory(error);
	family->covered = sqlite3_column_int(row, 1);
	return 0;
}

static int take_omission(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	int reason = sqlite3_column_int(row, 0);
	(void)error;
	if (reason >= 0 && reason < OMISSIONS)
		merging->writer->omitted[reason] += (uint64_t)sqlite3_column_int64(row, 1);
	return 0;
}

static int take_advisory(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct database_writer *writer = merging->writer;
	uint32_t number = (uint32_t)sqlite3_column_int64(row, 0);
	struct advisory_text text;
	struct buffer body;
	char *id = span_copy(&merging->arena, column_span(row, 1));
	int code = id
		? advisory_text_read(merging->connection->unpacker, &merging->arena, id, column_span(row, 2), column_span(row, 3),
	                           &text, error) : error_memory(error);
	if (code >= 0)
		code = note_known(writer, id, number, text.modified, error);
	if (code < 0)
		return code;
	buffer_init(&body, NULL);
	code = advisory_text_write_body(&text, &body) ? 0 : error_memory(error);
	if (code >= 0) {
		span head = column_span(row, 2);
		sqlite3_bind_int64(writer->put_advisory, 1, number);
		sqlite3_bind_text(writer->put_advisory, 2, id, -1, SQLITE_STATIC);
		sqlite3_bind_blob64(writer->put_advisory, 3, head.ptr, head.len, SQLITE_STATIC);
		sqlite3_bind_blob64(writer->put_advisory, 4, body.data, body.length, SQLITE_STATIC);
		code = writer_step(writer, writer->put_advisory, error);
	}
	buffer_free(&body);
	return code;
}

/* Copies one row of a blob to a blob of its own. */
static int stage_row(struct merging *merging, const struct package_rows *rows, int ecosystem, const char *name,
                     struct tarsier_error *error)
{
	struct package_row row = rows->row;
	struct row_writer out;
	row_writer_init(&out, &merging->arena);
	bool done = (!row.vector || (row.vector = row_writer_version(&out, rows->versions[row.vector]))) &&
	            (!row.stream || (row.stream = row_writer_version(&out, rows->versions[row.stream])));
	for (size_t i = 0; done && i < row.event_count; i++)
		if (row.events[i].version)
			done = (row.events[i].version = row_writer_version(&out, rows->versions[row.events[i].version])) != 0;
	for (size_t i = 0; done && i < row.version_count; i++)
		done = (row.versions[i] = row_writer_version(&out, rows->versions[row.versions[i]])) != 0;
	done = done && row_writer_add(&out, &row);
	int code = done ? writer_stage_rows(merging->writer, ecosystem, name, row.advisory, &out, error) : error_memory(error);
	row_writer_free(&out);
	return code;
}

static int take_package(struct merging *merging, sqlite3_stmt *from, struct tarsier_error *error)
{
	struct package_rows rows;
	const char *name = span_copy(&merging->arena, column_span(from, 1));
	int code = name ? package_rows_open(&rows, &merging->arena, column_span(from, 2), error) : error_memory(error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0)
		code = stage_row(merging, &rows, sqlite3_column_int(from, 0), name, error);
	return code;
}

static int take_cve(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct arena *arena = &merging->writer->arena;
	struct cve_facts old;
	uint32_t cve = (uint32_t)sqlite3_column_int64(row, 0);
	int code = connection_cve(merging->connection, &merging->arena, cve, &old, error);
	if (code < 0)
		return code;
	struct cve_entry *entry = cve_table_at(&merging->writer->cves, cve);
	if (!entry) /* its vector and its texts come from the advisories that were kept */
		return error_memory(error);
	entry->epss_day = date_number(merging->writer->epss_date);
	if (old.epss >= 0) {
		entry->epss = (int32_t)(old.epss * 1e5 + 0.5);
		entry->percentile = (int32_t)(old.percentile * 1e5 + 0.5);
	}
	if (old.kev) {
		entry->kev_added = arena_string(arena, old.kev_added);
		entry->kev_due = arena_string(arena, old.kev_due);
		entry->ransomware = old.ransomware;
	}
	return old.kev && (!entry->kev_added || !entry->kev_due) ? error_memory(error) : 0;
}

static int take_meta(struct merging *merging, struct tarsier_error *error)
{
	struct database_writer *writer = merging->writer;
	writer->newest = arena_string(&writer->arena, database_meta(merging->database, "newest"));
	writer->kev_date = arena_string(&writer->arena, database_meta(merging->database, "kev_date"));
	writer->epss_date = arena_string(&writer->arena, database_meta(merging->database, "epss_date"));
	return writer->newest && writer->kev_date && writer->epss_date ? 0 : error_memory(error);
}

int writer_take_old(struct database_writer *writer, struct tarsier_error *error)
{
	struct merging merging = {.writer = writer};
	if (access(writer->path, F_OK) < 0 && errno == ENOENT)
		return 0;
	int code = database_open(writer->path, &merging.database, error);
	if (code < 0)
		return code;
	arena_init(&merging.arena, NULL);
	code = database_acquire(merging.database, &merging.connection, error);
	if (code >= 0)
		code = take_meta(&merging, error);
	if (code >= 0)
		code = each(&merging, "SELECT number, name FROM ecosystem", take_ecosystem, error);
	if (code >= 0)
		code = each(&merging, "SELECT name, covered FROM feed", take_feed, error);
	if (code >= 0)
		code = each(&merging, "SELECT reason, count FROM omission", take_omission, error);
	if (code >= 0)
		code = each(&merging, "SELECT number, id, head, body FROM advisory", take_advisory, error);
	if (code >= 0)
		code = each(&merging, "SELECT ecosystem, name, rows FROM package", take_package, error);
	if (code >= 0)
		code = each(&merging, "SELECT number FROM cve", take_cve, error);
	database_release(merging.database, merging.connection);
	database_close(merging.database);
	arena_free(&merging.arena);
	return code;
}
