/* writes the packages of a database, one row for each */
#include "database/amend.h"

#include "format/date.h"

#include <stdlib.h>
#include <string.h>

/* The statements of one advisory about the package: a blob with one row. */
struct package_entry { const struct known_advisory *advisory; span blob; };

/* The package whose entries are being collected. */
struct composed_package {
	struct known_ecosystem *ecosystem; /* NULL before the first package */
	const char *name;
	struct package_entry *entries;
	size_t count, capacity;
	struct row_writer rows;
	struct package_row row;            /* not yet added: the same advisory may have more */
	size_t event_capacity, version_capacity;
	const char *stream;                /* the stream of that row */
};

/* An advisory that names a package twice gets one row with the ranges of both. */
static bool join_row(struct arena *scratch, struct composed_package *package, const struct package_rows *from)
{
	struct package_row *to = &package->row;
	const struct package_row *row = &from->row;
	to->cve = row->cve;
	to->severity = row->severity > to->severity ? row->severity : to->severity;
	to->informational = row->informational;
	to->status = row->status;
	to->own = row->own;
	if (row->vector && !to->vector && !(to->vector = row_writer_version(&package->rows, from->versions[row->vector])))
		return false;
	if (row->stream && !(to->stream = row_writer_version(&package->rows, from->versions[row->stream])))
		return false;
	for (size_t i = 0; i < row->event_count; i++) {
		struct row_event event = row->events[i];
		to->events = arena_grow(scratch, to->events, to->event_count, &package->event_capacity, sizeof *to->events);
		if (!to->events ||
		    (event.version && !(event.version = row_writer_version(&package->rows, from->versions[event.version]))))
			return false;
		to->events[to->event_count++] = event;
	}
	for (size_t i = 0; i < row->version_count; i++) {
		uint32_t version = row_writer_version(&package->rows, from->versions[row->versions[i]]);
		to->versions = arena_grow(scratch, to->versions, to->version_count, &package->version_capacity, sizeof *to->versions);
		if (!to->versions || !version)
			return false;
		to->versions[to->version_count++] = version;
	}
	return true;
}

static bool flush_row(struct composed_package *package)
{
	struct package_row *row = &package->row;
	bool done = !row->advisory || row_writer_add(&package->rows, row);
	*row = (struct package_row){.events = row->events, .versions = row->versions};
	return done;
}

/* A module stream, a status and "informational" belong to a row, so rows join only if these are equal. */
static bool same_kind(const struct composed_package *package, const struct package_rows *from)
{
	return span_equal(from->versions[from->row.stream], span_of(package->stream)) &&
	       from->row.informational == package->row.informational && from->row.status == package->row.status &&
	       from->row.own == package->row.own;
}

static int add_entry(struct arena *scratch, struct composed_package *package, const struct package_entry *entry,
                     struct tarsier_error *error)
{
	struct package_rows rows;
	int code = package_rows_open(&rows, scratch, entry->blob, error);
	if (code < 0 || (code = package_rows_next(&rows, error)) <= 0)
		return code;
	uint32_t number = entry->advisory->final;
	if ((number != package->row.advisory || !same_kind(package, &rows)) && !flush_row(package))
		return error_memory(error);
	package->row.advisory = number;
	package->stream = span_copy(scratch, rows.versions[rows.row.stream]);
	return package->stream && join_row(scratch, package, &rows) ? 0 : error_memory(error);
}

static int compare_entries(const void *a, const void *b)
{
	const struct package_entry *one = a, *other = b;
	if (one->advisory != other->advisory)
		return one->advisory->final < other->advisory->final ? -1 : 1;
	return span_compare(one->blob, other->blob); /* their order in the record has no meaning */
}

/* The rows that the package has in a copy, by rising number. */
struct kept_rows { struct package_rows rows; bool any, next; };

static int open_kept(struct composing *composing, const struct composed_package *package, struct kept_rows *kept,
                     struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	span blob;
	*kept = (struct kept_rows){.any = false};
	if (!writer->amending || !package->ecosystem->final)
		return 0;
	int code = connection_rows(writer->amending->connection, package->ecosystem->final, package->name, &blob, error);
	if (code <= 0)
		return code;
	kept->any = true;
	char *bytes = arena_copy(&writer->scratch, blob.ptr, blob.len);
	code = bytes ? package_rows_open(&kept->rows, &writer->scratch, (span){bytes, blob.len}, error) : error_memory(error);
	if (code >= 0)
		code = package_rows_next(&kept->rows, error);
	kept->next = code > 0;
	return code;
}

/* Adds those up to that number, without those of records that go. */
static int add_kept(struct composing *composing, struct composed_package *package, struct kept_rows *kept,
                    uint32_t number, struct tarsier_error *error)
{
	int code = 0;
	while (code >= 0 && kept->next && kept->rows.row.advisory <= number) {
		if (!amend_drops(composing->writer, kept->rows.row.advisory) &&
		    !(flush_row(package) && row_writer_copy(&package->rows, &kept->rows)))
			return error_memory(error);
		code = package_rows_next(&kept->rows, error);
		kept->next = code > 0;
	}
	return code;
}

static int join_entries(struct composing *composing, struct composed_package *package, struct kept_rows *kept,
                        struct buffer *blob, struct tarsier_error *error)
{
	int code = 0;
	struct arena *scratch = &composing->writer->scratch;
	if (package->count)
		qsort(package->entries, package->count, sizeof *package->entries, compare_entries);
	for (size_t i = 0; i < package->count && code >= 0; i++) {
		code = add_kept(composing, package, kept, package->entries[i].advisory->final, error);
		if (code >= 0)
			code = add_entry(scratch, package, &package->entries[i], error);
	}
	if (code >= 0)
		code = add_kept(composing, package, kept, UINT32_MAX, error);
	if (code >= 0 && !(flush_row(package) && row_writer_finish(&package->rows, blob)))
		code = error_memory(error);
	return code;
}

/* A package that has no rows left is deleted. */
static int put_package(struct composing *composing, struct composed_package *package, bool known, span blob,
                       sqlite3_stmt *put, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	struct known_ecosystem *ecosystem = package->ecosystem;
	bool some = package->rows.entries.length > 0;
	sqlite3_stmt *delete = NULL;
	int code = some ? 0 : writer_prepare(writer, "DELETE FROM main.package WHERE ecosystem=?1 AND name=?2", &delete, error);
	if (code < 0)
		return code;
	sqlite3_stmt *statement = some ? put : delete;
	sqlite3_bind_int(statement, 1, ecosystem->final);
	sqlite3_bind_text(statement, 2, package->name, -1, SQLITE_STATIC);
	if (some)
		compose_bind_span(put, 3, blob);
	compose_count(writer, blob);
	code = writer_step(writer, statement, error);
	sqlite3_finalize(delete);
	writer->packages += (uint64_t)some - known;
	ecosystem->packages += (uint64_t)some - known;
	return code;
}

static int end_package(struct composing *composing, struct composed_package *package, sqlite3_stmt *put,
                       struct tarsier_error *error)
{
	struct kept_rows kept;
	struct buffer blob;
	if (!package->ecosystem)
		return 0;
	int code = open_kept(composing, package, &kept, error);
	if (code < 0 || (!package->count && !kept.any))
		return code;
	if (!package->ecosystem->final)
		package->ecosystem->final = ++composing->last_ecosystem;
	buffer_init(&blob, NULL);
	row_writer_init(&package->rows, &composing->writer->scratch);
	code = join_entries(composing, package, &kept, &blob, error);
	if (code >= 0)
		code = put_package(composing, package, kept.any, buffer_span(&blob), put, error);
	row_writer_free(&package->rows);
	buffer_free(&blob);
	return code;
}

static void count_for_family(struct known_family *family, const struct known_advisory *advisory)
{
	uint8_t *byte = &family->seen[(advisory->final - 1) / 8], bit = (uint8_t)(1u << (advisory->final - 1) % 8);
	if (*byte & bit)
		return;
	*byte |= bit;
	family->records++;
	if (date_compare(advisory->modified, family->newest) > 0)
		family->newest = advisory->modified;
}

static int take_entry(struct database_writer *writer, struct composed_package *package,
                      const struct known_advisory *advisory, span blob, struct tarsier_error *error)
{
	struct arena *scratch = &writer->scratch;
	package->entries = arena_grow(scratch, package->entries, package->count, &package->capacity, sizeof *package->entries);
	char *bytes = arena_copy(scratch, blob.ptr, blob.len);
	if (!package->entries || !bytes)
		return error_memory(error);
	package->entries[package->count++] = (struct package_entry){advisory, {bytes, blob.len}};
	count_for_family(package->ecosystem->family, advisory);
	return 0;
}

/* Columns: ecosystem, name, number, rows. The number 0 stands for rows that go. */
static int write_entry(struct composing *composing, struct composed_package *package, sqlite3_stmt *from,
                       sqlite3_stmt *put, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	struct known_ecosystem *ecosystem = composing->numbered[sqlite3_column_int(from, 0)];
	sqlite3_int64 number = sqlite3_column_int64(from, 2);
	const struct known_advisory *advisory = composing->advisories[number];
	span name = column_span(from, 1);
	if (!advisory && number)
		return 0;
	if (ecosystem != package->ecosystem || !span_is(name, package->name)) {
		int code = end_package(composing, package, put, error);
		if (code < 0)
			return code;
		arena_free(&writer->scratch);
		*package = (struct composed_package){.ecosystem = ecosystem, .name = span_copy(&writer->scratch, name), .stream = ""};
		if (!package->name)
			return error_memory(error);
	}
	return advisory ? take_entry(writer, package, advisory, column_span(from, 3), error) : 0;
}

static void ecosystem_rank(sqlite3_context *context, int count, sqlite3_value **values)
{
	const struct composing *composing = sqlite3_user_data(context);
	(void)count;
	sqlite3_result_int(context, composing->numbered[sqlite3_value_int(values[0])]->rank);
}

int compose_packages(struct composing *composing, struct tarsier_error *error)
{
	static const char staged[] =
		"SELECT ecosystem, name, number, rows FROM temp.staged_row ORDER BY ecosystem_rank(ecosystem), name";
	struct database_writer *writer = composing->writer;
	sqlite3_stmt *from = NULL, *put = NULL;
	struct composed_package package = {.name = ""};
	sqlite3_create_function(writer->sqlite, "ecosystem_rank", 1, SQLITE_UTF8, composing, ecosystem_rank, NULL, NULL);
	int code = writer_prepare(writer, staged, &from, error);
	if (code >= 0)
		code = writer_prepare(writer, "INSERT OR REPLACE INTO main.package VALUES(?1, ?2, ?3)", &put, error);
	while (code >= 0 && (code = writer_step(writer, from, error)) > 0)
		code = write_entry(composing, &package, from, put, error);
	if (code >= 0)
		code = end_package(composing, &package, put, error);
	sqlite3_finalize(from);
	sqlite3_finalize(put);
	return code;
}
