/* stages the content of databases: the old one as the beginning of a new one, or some that are joined */
#include "database/ends.h"
#include "database/write.h"

#include "format/date.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* `numbers` and `taken` are indexed by the numbers of the database that is read. */
struct merging {
	struct database_writer *writer;
	struct database *database;
	struct connection *connection;
	const char *path;
	const char *const *only;       /* ecosystems to take, NULL-terminated; or NULL for all */
	struct taken_ecosystem { struct known_ecosystem *known; bool had; } *ecosystems; /* known NULL: not taken */
	uint32_t *numbers;             /* of advisories as staged here; 0: not taken */
	struct known_advisory **known; /* those that have a number */
	bool *shared;                  /* it was taken from a database before, too */
	size_t ecosystem_count, number_count;
	uint64_t advisories;
	struct arena tables, arena;    /* arena: memory for one row */
};

typedef int take_row(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error);

static int take_rows(struct merging *merging, sqlite3_stmt *select, take_row *take, struct tarsier_error *error)
{
	int step, code = 0;
	while (code >= 0 && (step = sqlite3_step(select)) == SQLITE_ROW) {
		arena_free(&merging->arena);
		code = take(merging, select, error);
	}
	if (code >= 0 && step != SQLITE_DONE)
		code = database_fail(merging->connection->sqlite, merging->path, error);
	sqlite3_reset(select);
	return code;
}

/* Gives the next key whose rows are wanted. *at is 0 at first. Returns false after the last. */
typedef bool next_key(const struct merging *merging, size_t *at, sqlite3_int64 *key);

/* Calls `take` for every row of a statement on the old file, or for the rows of each wanted key. */
static int each(struct merging *merging, const char *sql, next_key *next, take_row *take, struct tarsier_error *error)
{
	sqlite3 *sqlite = merging->connection->sqlite;
	sqlite3_stmt *select = NULL;
	sqlite3_int64 key;
	size_t at = 0;
	int code = sqlite3_prepare_v2(sqlite, sql, -1, &select, NULL) == SQLITE_OK ? 0
	         : database_fail(sqlite, merging->path, error);
	if (code >= 0 && !next)
		code = take_rows(merging, select, take, error);
	while (code >= 0 && next && next(merging, &at, &key)) {
		sqlite3_bind_int64(select, 1, key);
		code = take_rows(merging, select, take, error);
	}
	sqlite3_finalize(select);
	return code;
}

static bool is_wanted(const struct merging *merging, span ecosystem)
{
	for (const char *const *one = merging->only; one && *one; one++)
		if (span_is(ecosystem, *one))
			return true;
	return !merging->only;
}

/* `had`: an earlier database had packages of it, and may have had the same rows. */
static int take_ecosystem(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	int number = sqlite3_column_int(row, 0);
	if (number < 1 || (size_t)number >= merging->ecosystem_count || !is_wanted(merging, column_span(row, 1)))
		return 0;
	struct known_ecosystem *known = writer_ecosystem(merging->writer, column_span(row, 1));
	if (!known)
		return error_memory(error);
	merging->ecosystems[number] = (struct taken_ecosystem){known, known->taken};
	known->taken = true;
	return 0;
}

static int new_known(struct merging *merging, const char *id, const char *modified, struct known_advisory **result,
                     struct tarsier_error *error)
{
	struct database_writer *writer = merging->writer;
	struct known_advisory *known = map_get(&writer->known, span_of(id));
	if (!known) {
		known = arena_alloc(&writer->arena, sizeof *known);
		char *key = arena_string(&writer->arena, id);
		if (!known || !key || !map_put(&writer->known, span_of(key), known))
			return error_memory(error);
		known->id = key;
	}
	*known = (struct known_advisory){.id = known->id, .number = ++writer->last_number, .old = true,
	                                 .modified = arena_string(&writer->arena, modified)};
	*result = known;
	return known->modified ? 0 : error_memory(error);
}

/* Decides which number an advisory has here: a new one, that of the same record in an earlier database, or 0 if a newer
 * record is known. */
static int number_advisory(struct merging *merging, uint32_t number, const char *id, const char *modified,
                           struct tarsier_error *error)
{
	struct database_writer *writer = merging->writer;
	struct known_advisory *known = map_get(&writer->known, span_of(id));
	int order = known ? date_compare(modified, known->modified) : 1;
	if (writer->last_number == UINT32_MAX - 1)
		return error_set(error, TARSIER_LIMIT, "more than %u advisories", UINT32_MAX - 1);
	if (order > 0) {
		int code = new_known(merging, id, modified, &merging->known[number], error);
		merging->numbers[number] = code < 0 ? 0 : writer->last_number;
		return code;
	}
	if (order == 0 && known->old) {
		merging->numbers[number] = known->number;
		merging->known[number] = known;
		merging->shared[number] = true;
	}
	return 0;
}

static int take_feed(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	if (span_is(column_span(row, 0), "KEV") || span_is(column_span(row, 0), "EPSS") || !sqlite3_column_int(row, 1))
		return 0;
	struct known_family *family = writer_family(merging->writer, column_span(row, 0));
	if (!family)
		return error_memory(error);
	family->covered = true;
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

static int stage_text(struct merging *merging, uint32_t number, const struct advisory_text *text, span head,
                      struct tarsier_error *error)
{
	struct database_writer *writer = merging->writer;
	sqlite3_stmt *put = writer->put_advisory;
	struct buffer body;
	buffer_init(&body, NULL);
	int code = advisory_text_write_body(text, &body) ? 0 : error_memory(error);
	if (code >= 0) {
		sqlite3_bind_int64(put, 1, number);
		sqlite3_bind_text(put, 2, text->id, -1, SQLITE_STATIC);
		sqlite3_bind_blob64(put, 3, head.ptr, head.len, SQLITE_STATIC);
		sqlite3_bind_blob64(put, 4, body.data, body.length, SQLITE_STATIC);
		code = writer_step(writer, put, error);
	}
	buffer_free(&body);
	return code;
}

/* With `only`, facts about CVEs are taken if an advisory that is taken names them. So are texts that describe a CVE. */
static int want_cves(struct merging *merging, const struct advisory_text *text, struct tarsier_error *error)
{
	for (size_t i = 0; !advisory_only_describes(text->id) && i < text->cve_count; i++) {
		struct cve_entry *entry = cve_table_at(&merging->writer->cves, text->cves[i]);
		if (!entry)
			return error_memory(error);
		entry->named = true;
	}
	return 0;
}

static int take_advisory(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	uint32_t number = (uint32_t)sqlite3_column_int64(row, 0);
	struct advisory_text text;
	if (number >= merging->number_count)
		return 0;
	merging->numbers[number] = 0;
	char *id = span_copy(&merging->arena, column_span(row, 1));
	int code = id
		? advisory_text_read(merging->connection->unpacker, &merging->arena, id, column_span(row, 2), column_span(row, 3),
	                           &text, error) : error_memory(error);
	if (code >= 0)
		code = number_advisory(merging, number, id, text.modified, error);
	if (code >= 0)
		code = want_cves(merging, &text, error);
	if (code < 0 || !merging->numbers[number])
		return code;
	merging->advisories++;
	return merging->shared[number] ? 0 : stage_text(merging, merging->numbers[number], &text, column_span(row, 2), error);
}

/* Copies one row of a blob to a blob of its own. */
static int stage_row(struct merging *merging, const struct package_rows *rows, int ecosystem, const char *name,
                     struct tarsier_error *error)
{
	uint32_t advisory = rows->row.advisory;
	const struct taken_ecosystem *taken = &merging->ecosystems[ecosystem];
	uint32_t number = advisory < merging->number_count ? merging->numbers[advisory] : 0;
	if (!number || (taken->had && merging->shared[advisory]))
		return 0;
	merging->known[advisory]->families |= family_bit(taken->known->family);
	struct row_writer out;
	row_writer_init(&out, &merging->arena);
	int code = row_writer_copy(&out, rows) ? writer_stage_rows(merging->writer, taken->known->number, name, number, &out, error) : error_memory(error);
	row_writer_free(&out);
	return code;
}

/* Returns the number of a package's ecosystem, or 0 if it is not taken. */
static int taken_number(const struct merging *merging, sqlite3_stmt *row)
{
	int number = sqlite3_column_int(row, 0);
	bool known = number > 0 && (size_t)number < merging->ecosystem_count && merging->ecosystems[number].known;
	return known ? number : 0;
}

static int take_package(struct merging *merging, sqlite3_stmt *from, struct tarsier_error *error)
{
	struct package_rows rows;
	int ecosystem = taken_number(merging, from);
	if (!ecosystem)
		return 0;
	const char *name = span_copy(&merging->arena, column_span(from, 1));
	int code = name ? package_rows_open(&rows, &merging->arena, column_span(from, 2), error) : error_memory(error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0)
		code = stage_row(merging, &rows, ecosystem, name, error);
	return code;
}

/* Marks the advisories that a wanted package has, with any number. */
static int mark_package(struct merging *merging, sqlite3_stmt *from, struct tarsier_error *error)
{
	struct package_rows rows;
	if (!taken_number(merging, from))
		return 0;
	int code = package_rows_open(&rows, &merging->arena, column_span(from, 2), error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0)
		if (rows.row.advisory < merging->number_count)
			merging->numbers[rows.row.advisory] = 1;
	return code;
}

/* Of two databases' scores the later ones are used. */
static int put_cve(struct merging *merging, uint32_t cve, const struct cve_facts *facts, struct tarsier_error *error)
{
	struct arena *arena = &merging->writer->arena;
	struct cve_entry *entry = cve_table_at(&merging->writer->cves, cve);
	if (!entry) /* its vector and its texts come from the advisories that were kept */
		return error_memory(error);
	uint32_t day = date_number(database_meta(merging->database, "epss_date"));
	if (facts->epss >= 0 && (entry->epss == CVE_SCORE_UNKNOWN || day >= entry->epss_day)) {
		entry->epss = (int32_t)(facts->epss * 1e5 + 0.5);
		entry->percentile = (int32_t)(facts->percentile * 1e5 + 0.5);
		entry->epss_day = day;
	}
	if (facts->kev) {
		entry->kev_added = arena_string(arena, facts->kev_added);
		entry->kev_due = arena_string(arena, facts->kev_due);
		entry->ransomware = facts->ransomware;
	}
	return facts->kev && (!entry->kev_added || !entry->kev_due) ? error_memory(error) : 0;
}

/* What feeds about CVEs stated; the rest comes from the advisories that were kept. */
static bool take_stated(struct merging *merging, uint32_t cve, span lines)
{
	struct database_writer *writer = merging->writer;
	struct cve_entry *entry = cve_table_at(&writer->cves, cve);
	span line, kind, value;
	bool done = entry;
	while (done && span_next(&lines, '\n', &line)) {
		if (!span_cut(line, ' ', &kind, &value))
			continue;
		char *own_kind = span_copy(&writer->arena, kind), *own_value = span_copy(&merging->arena, value);
		done = own_kind && own_value && cve_table_state(&writer->cves, entry, own_kind, own_value);
	}
	return done;
}

static int take_cve(struct merging *merging, sqlite3_stmt *row, struct tarsier_error *error)
{
	struct cve_facts facts;
	uint32_t cve = (uint32_t)sqlite3_column_int64(row, 0);
	int code = connection_cve(merging->connection, &merging->arena, cve, &facts, error);
	if (code >= 0)
		code = put_cve(merging, cve, &facts, error);
	return code >= 0 && !take_stated(merging, cve, column_span(row, 1)) ? error_memory(error) : code;
}

static bool keep_later(struct database_writer *writer, const char **kept, const char *date)
{
	if (date_compare(date, *kept) <= 0)
		return true;
	*kept = arena_string(&writer->arena, date);
	return *kept;
}

static int take_meta(struct merging *merging, struct tarsier_error *error)
{
	struct database_writer *writer = merging->writer;
	if (strcmp(merging->path, writer->path) == 0)
		writer->note = arena_string(&writer->arena, database_meta(merging->database, "note"));
	span dictionary = writer->dictionary.len ? SPAN("") : database_dictionary(merging->database);
	if (dictionary.len)
		writer->dictionary = (span){arena_copy(&writer->arena, dictionary.ptr, dictionary.len), dictionary.len};
	if (dictionary.len && !writer->dictionary.ptr)
		return error_memory(error);
	if (writer_take_ends(writer, database_meta(merging->database, "ends"), error) < 0)
		return error_memory(error);
	const char *day = database_meta(merging->database, "epss_date");
	bool newer = date_compare(day, writer->epss_date) > 0;
	if (newer)
		writer->model_before = writer->epss_model = arena_string(&writer->arena, database_meta(merging->database, "epss_model"));
	bool done = writer->epss_model && keep_later(writer, &writer->newest, database_meta(merging->database, "newest")) &&
	            keep_later(writer, &writer->kev_date, database_meta(merging->database, "kev_date")) &&
	            keep_later(writer, &writer->epss_date, day);
	return done ? 0 : error_memory(error);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static int count_rows(struct merging *merging, const char *sql, size_t *count, struct tarsier_error *error)
{
	sqlite3_stmt *select = NULL;
	sqlite3 *sqlite = merging->connection->sqlite;
	bool done = sqlite3_prepare_v2(sqlite, sql, -1, &select, NULL) == SQLITE_OK && sqlite3_step(select) == SQLITE_ROW;
	sqlite3_int64 last = done ? sqlite3_column_int64(select, 0) : 0;
	int code = done ? 0 : database_fail(sqlite, merging->path, error);
	sqlite3_finalize(select);
	if (code >= 0 && (last < 0 || last >= UINT32_MAX - 1))
		return error_set(error, TARSIER_DATABASE, "%s: the database is damaged", merging->path);
	*count = (size_t)last + 1;
	return code;
}

static int make_tables(struct merging *merging, struct tarsier_error *error)
{
	int code = count_rows(merging, "SELECT coalesce(max(number), 0) FROM ecosystem", &merging->ecosystem_count, error);
	if (code >= 0)
		code = count_rows(merging, "SELECT coalesce(max(number), 0) FROM advisory", &merging->number_count, error);
	if (code < 0)
		return code;
	struct arena *arena = &merging->tables;
	merging->ecosystems = arena_array(arena, merging->ecosystem_count, sizeof *merging->ecosystems);
	merging->numbers = arena_array(arena, merging->number_count, sizeof *merging->numbers);
	merging->known = arena_array(arena, merging->number_count, sizeof *merging->known);
	merging->shared = arena_array(arena, merging->number_count, sizeof *merging->shared);
	return merging->ecosystems && merging->numbers && merging->known && merging->shared ? 0 : error_memory(error);
}

static bool next_ecosystem(const struct merging *merging, size_t *at, sqlite3_int64 *key)
{
	while (*at < merging->ecosystem_count && !merging->ecosystems[*at].known)
		++*at;
	*key = (sqlite3_int64)*at;
	return (*at)++ < merging->ecosystem_count;
}

static bool next_marked(const struct merging *merging, size_t *at, sqlite3_int64 *key)
{
	while (*at < merging->number_count && !merging->numbers[*at])
		++*at;
	*key = (sqlite3_int64)*at;
	return (*at)++ < merging->number_count;
}

static bool next_named(const struct merging *merging, size_t *at, sqlite3_int64 *key)
{
	const struct cve_table *cves = &merging->writer->cves;
	*key = *at < cves->count ? cves->items[*at].cve : 0;
	return (*at)++ < cves->count;
}

static int take_all(struct merging *merging, struct tarsier_error *error)
{
	int code = each(merging, "SELECT reason, count FROM omission", NULL, take_omission, error);
	if (code >= 0)
		code = each(merging, "SELECT number, id, head, body FROM advisory", NULL, take_advisory, error);
	if (code >= 0)
		code = each(merging, "SELECT ecosystem, name, rows FROM package", NULL, take_package, error);
	return code < 0 ? code : each(merging, "SELECT number, stated FROM cve", NULL, take_cve, error);
}

/* Reads only what belongs to the wanted ecosystems: many databases of one each are made of a large one. */
static int take_only(struct merging *merging, struct tarsier_error *error)
{
	static const char packages[] = "SELECT ecosystem, name, rows FROM package WHERE ecosystem=?1";
	int code = each(merging, packages, next_ecosystem, mark_package, error);
	if (code >= 0)
		code = each(merging, "SELECT number, id, head, body FROM advisory WHERE number=?1", next_marked, take_advisory, error);
	if (code >= 0)
		code = each(merging, packages, next_ecosystem, take_package, error);
	return code < 0 ? code : each(merging, "SELECT number, stated FROM cve WHERE number=?1", next_named, take_cve, error);
}

static int take_tables(struct merging *merging, struct tarsier_error *error)
{
	int code = each(merging, "SELECT number, name FROM ecosystem", NULL, take_ecosystem, error);
	if (code >= 0)
		code = each(merging, "SELECT name, covered FROM feed", NULL, take_feed, error);
	return code < 0 ? code : merging->only ? take_only(merging, error) : take_all(merging, error);
}

int writer_take(struct database_writer *writer, const char *path, const char *const *only, uint64_t *advisories,
                struct tarsier_error *error)
{
	struct merging merging = {.writer = writer, .path = path, .only = only};
	int code = database_open(path, &merging.database, error);
	if (code < 0)
		return code;
	arena_init(&merging.arena, NULL);
	arena_init(&merging.tables, NULL);
	code = database_acquire(merging.database, &merging.connection, error);
	if (code >= 0)
		code = take_meta(&merging, error);
	if (code >= 0)
		code = make_tables(&merging, error);
	if (code >= 0)
		code = take_tables(&merging, error);
	database_release(merging.database, merging.connection);
	database_close(merging.database);
	arena_free(&merging.arena);
	arena_free(&merging.tables);
	*advisories = merging.advisories;
	return code;
}

int writer_take_old(struct database_writer *writer, struct tarsier_error *error)
{
	uint64_t advisories;
	if (access(writer->path, F_OK) < 0 && errno == ENOENT)
		return 0;
	return writer_take(writer, writer->path, NULL, &advisories, error);
}
