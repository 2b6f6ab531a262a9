/* a database out of what was staged: one row a package, texts packed, CVEs by number */
#include "database/write.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* What the dictionary is trained on: about a hundred times its size, taken evenly from all feeds. */
enum { SAMPLE_BYTES = 2 << 20, SAMPLE_COUNT = 4096 };

static span column_text(sqlite3_stmt *statement, int column)
{
	return column_span(statement, column);
}

static void bind_span(sqlite3_stmt *statement, int index, span bytes)
{
	sqlite3_bind_blob64(statement, index, bytes.ptr, bytes.len, SQLITE_STATIC);
}

static void bind_text(sqlite3_stmt *statement, int index, span text)
{
	sqlite3_bind_text64(statement, index, text.ptr, text.len, SQLITE_STATIC, SQLITE_UTF8);
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

static int take_samples(struct database_writer *writer, struct buffer *samples, size_t *sizes, size_t *count,
                        struct tarsier_error *error)
{
	sqlite3_stmt *select = NULL;
	uint32_t step = writer->last_number / SAMPLE_COUNT + 1;
	int code = writer_prepare(writer, "SELECT body FROM temp.staged_advisory WHERE number % ?1 = 0", &select, error);
	if (code == 0)
		sqlite3_bind_int64(select, 1, step);
	while (code == 0 && (code = writer_step(writer, select, error)) > 0) {
		span text = column_span(select, 0);
		if (samples->length + text.len > SAMPLE_BYTES || *count == SAMPLE_COUNT) {
			code = 0;
			break;
		}
		code = buffer_add(samples, text.ptr, text.len) ? 0 : error_memory(error);
		sizes[(*count)++] = text.len;
	}
	sqlite3_finalize(select);
	return code;
}

static int train(struct database_writer *writer, struct buffer *dictionary, struct tarsier_error *error)
{
	struct buffer samples;
	size_t count = 0;
	arena_free(&writer->scratch);
	size_t *sizes = arena_array(&writer->scratch, SAMPLE_COUNT, sizeof *sizes);
	buffer_init(&samples, NULL);
	int code = sizes ? take_samples(writer, &samples, sizes, &count, error) : error_memory(error);
	if (code == 0 && !packer_train(samples.data, sizes, count, dictionary))
		code = error_memory(error);
	buffer_free(&samples);
	return code;
}

static int pack_text(struct database_writer *writer, struct packer *packer, sqlite3_stmt *from, sqlite3_stmt *to,
                      struct tarsier_error *error)
{
	struct buffer packed;
	buffer_init(&packed, NULL);
	int code = packer_pack(packer, column_span(from, 3), &packed, error);
	if (code == 0) {
		sqlite3_bind_int64(to, 1, sqlite3_column_int64(from, 0));
		bind_text(to, 2, column_text(from, 1));
		bind_span(to, 3, column_span(from, 2));
		bind_span(to, 4, buffer_span(&packed));
		code = writer_step(writer, to, error);
		writer->advisories++;
	}
	buffer_free(&packed);
	return code;
}

static int pack_texts(struct database_writer *writer, span dictionary, struct tarsier_error *error)
{
	sqlite3_stmt *from = NULL, *to = NULL;
	struct packer *packer = NULL;
	int code = packer_new(dictionary, &packer, error);
	if (code == 0)
		code = writer_prepare(writer, "SELECT number, id, head, body FROM temp.staged_advisory ORDER BY number", &from,
		                      error);
	if (code == 0)
		code = writer_prepare(writer, "INSERT INTO advisory VALUES(?1, ?2, ?3, ?4)", &to, error);
	while (code == 0 && (code = writer_step(writer, from, error)) > 0)
		code = writer_is_dead(writer, (uint32_t)sqlite3_column_int64(from, 0)) ? 0
			: pack_text(writer, packer, from, to, error);
	sqlite3_finalize(from);
	sqlite3_finalize(to);
	packer_free(packer);
	return code;
}

static int write_texts(struct database_writer *writer, struct tarsier_error *error)
{
	struct buffer dictionary;
	sqlite3_stmt *put = NULL;
	buffer_init(&dictionary, NULL);
	int code = train(writer, &dictionary, error);
	if (code == 0)
		code = pack_texts(writer, buffer_span(&dictionary), error);
	if (code == 0)
		code = writer_prepare(writer, "INSERT INTO meta VALUES('dictionary', ?1)", &put, error);
	if (code == 0) {
		bind_span(put, 1, buffer_span(&dictionary));
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	buffer_free(&dictionary);
	return code;
}

/* ---- packages ---------------------------------------------------------------------------------------------------- */

/* The row of one package while its entries come in, by rising advisory number. */
struct package {
	int ecosystem;
	const char *name;
	struct row_writer rows;
	struct package_row row;          /* not yet added: more of the same advisory may come */
	size_t event_capacity, version_capacity;
};

/* An advisory that names a package twice, not for different modules, speaks of it once: the ranges of both. */
static bool join_row(struct database_writer *writer, struct package *package, const struct package_rows *from)
{
	struct arena *scratch = &writer->scratch;
	struct package_row *to = &package->row;
	const struct package_row *row = &from->row;
	to->advisory = row->advisory;
	to->cve = row->cve;
	to->severity = row->severity > to->severity ? row->severity : to->severity;
	to->informational = row->informational;
	if (row->vector && !to->vector && !(to->vector = row_writer_version(&package->rows, from->versions[row->vector])))
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

static bool flush_row(struct package *package)
{
	bool done = !package->row.advisory || row_writer_add(&package->rows, &package->row);
	package->row.advisory = 0;
	package->row.severity = TARSIER_SEVERITY_UNKNOWN;
	package->row.cve = package->row.vector = package->row.stream = 0;
	package->row.event_count = package->row.version_count = 0;
	return done;
}

static int add_entry(struct database_writer *writer, struct package *package, span blob, uint32_t number,
                     struct tarsier_error *error)
{
	struct package_rows rows;
	char *bytes = arena_copy(&writer->scratch, blob.ptr, blob.len); /* its versions live as long as the package */
	if (!bytes)
		return error_memory(error);
	int code = package_rows_open(&rows, &writer->scratch, (span){bytes, blob.len}, error);
	if (code < 0 || (code = package_rows_next(&rows, error)) <= 0)
		return code;
	uint32_t stream = rows.row.stream ? row_writer_version(&package->rows, rows.versions[rows.row.stream]) : 0;
	if (!stream != !rows.row.stream)
		return error_memory(error);
	if ((number != package->row.advisory || stream != package->row.stream) && !flush_row(package))
		return error_memory(error);
	rows.row.advisory = number;
	package->row.stream = stream;
	return join_row(writer, package, &rows) ? 0 : error_memory(error);
}

static void begin_package(struct database_writer *writer, struct package *package, int ecosystem, span name)
{
	arena_free(&writer->scratch);
	*package = (struct package){.ecosystem = ecosystem, .name = span_copy(&writer->scratch, name)};
	row_writer_init(&package->rows, &writer->scratch);
}

static struct known_ecosystem *ecosystem_numbered(struct database_writer *writer, int number)
{
	for (size_t i = 0; i < writer->ecosystems.count; i++) {
		struct known_ecosystem *known = writer->ecosystems.entries[i].value;
		if (known->number == number)
			return known;
	}
	return NULL;
}

static int end_package(struct database_writer *writer, struct package *package, sqlite3_stmt *put,
                       struct tarsier_error *error)
{
	struct buffer blob;
	if (!package->ecosystem)
		return 0;
	buffer_init(&blob, NULL);
	int code = package->name && flush_row(package) && row_writer_finish(&package->rows, &blob) ? 0 : error_memory(error);
	if (code == 0) {
		sqlite3_bind_int(put, 1, package->ecosystem);
		sqlite3_bind_text(put, 2, package->name, -1, SQLITE_STATIC);
		bind_span(put, 3, buffer_span(&blob));
		code = writer_step(writer, put, error);
		writer->packages++;
		ecosystem_numbered(writer, package->ecosystem)->packages++;
	}
	buffer_free(&blob);
	row_writer_free(&package->rows);
	package->ecosystem = 0;
	return code;
}

static int write_entry(struct database_writer *writer, struct package *package, sqlite3_stmt *from, sqlite3_stmt *put,
                       struct tarsier_error *error)
{
	int ecosystem = sqlite3_column_int(from, 0);
	uint32_t number = (uint32_t)sqlite3_column_int64(from, 2);
	span name = column_text(from, 1);
	if (writer_is_dead(writer, number))
		return 0;
	if (ecosystem != package->ecosystem || !span_is(name, package->name)) {
		int code = end_package(writer, package, put, error);
		if (code < 0)
			return code;
		begin_package(writer, package, ecosystem, name);
		if (!package->name)
			return error_memory(error);
	}
	return add_entry(writer, package, column_span(from, 3), number, error);
}

static int write_packages(struct database_writer *writer, struct tarsier_error *error)
{
	sqlite3_stmt *from = NULL, *put = NULL;
	struct package package = {0};
	int code = writer_prepare(writer, "SELECT ecosystem, name, number, rows FROM temp.staged_row ORDER BY 1, 2, 3", &from,
	                          error);
	if (code == 0)
		code = writer_prepare(writer, "INSERT INTO package VALUES(?1, ?2, ?3)", &put, error);
	while (code == 0 && (code = writer_step(writer, from, error)) > 0)
		code = write_entry(writer, &package, from, put, error);
	if (code == 0)
		code = end_package(writer, &package, put, error);
	if (package.ecosystem)
		row_writer_free(&package.rows);
	sqlite3_finalize(from);
	sqlite3_finalize(put);
	return code;
}

/* ---- CVEs and the rest - ------------------------------------------------------------------------------------------ */

static int write_cve(struct database_writer *writer, const struct cve_entry *entry, sqlite3_stmt *put,
                      struct tarsier_error *error)
{
	char kev[96];
	sqlite3_clear_bindings(put);
	sqlite3_bind_int64(put, 1, entry->cve);
	if (entry->epss != CVE_SCORE_UNKNOWN) {
		sqlite3_bind_int(put, 2, entry->epss);
		sqlite3_bind_int(put, 3, entry->percentile);
	}
	if (entry->kev_added) {
		snprintf(kev, sizeof kev, "%.10s %.10s%s", entry->kev_added, entry->kev_due, entry->ransomware ? " ransomware" : "");
		sqlite3_bind_text(put, 4, kev, -1, SQLITE_STATIC);
	}
	if (entry->cvss)
		sqlite3_bind_text(put, 5, entry->cvss, -1, SQLITE_STATIC);
	if (entry->text && !writer_is_dead(writer, entry->text))
		sqlite3_bind_int64(put, 6, entry->text);
	return writer_step(writer, put, error);
}

static int write_cves(struct database_writer *writer, struct tarsier_error *error)
{
	sqlite3_stmt *put = NULL;
	cve_table_sort(&writer->cves);
	int code = writer_prepare(writer, "INSERT INTO cve VALUES(?1, ?2, ?3, ?4, ?5, ?6)", &put, error);
	for (size_t i = 0; i < writer->cves.count && code == 0; i++)
		code = write_cve(writer, &writer->cves.items[i], put, error);
	sqlite3_finalize(put);
	return code;
}

static int write_ecosystems(struct database_writer *writer, struct tarsier_error *error)
{
	sqlite3_stmt *put = NULL;
	int code = writer_prepare(writer, "INSERT INTO ecosystem VALUES(?1, ?2, ?3)", &put, error);
	for (size_t i = 0; i < writer->ecosystems.count && code == 0; i++) {
		const struct known_ecosystem *known = writer->ecosystems.entries[i].value;
		if (!known->packages)
			continue;
		sqlite3_bind_int(put, 1, known->number);
		sqlite3_bind_text(put, 2, known->name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(put, 3, (sqlite3_int64)known->packages);
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	return code;
}

static int write_meta(struct database_writer *writer, struct tarsier_error *error)
{
	char built[32], advisories[24], packages[24];
	time_t now = time(NULL);
	struct tm utc;
	strftime(built, sizeof built, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	snprintf(advisories, sizeof advisories, "%llu", (unsigned long long)writer->advisories);
	snprintf(packages, sizeof packages, "%llu", (unsigned long long)writer->packages);
	const char *pairs[][2] = {{"built", built}, {"newest", writer->newest}, {"kev_date", writer->kev_date},
	                          {"epss_date", writer->epss_date}, {"starter", writer->starter ? "1" : "0"},
	                          {"advisories", advisories}, {"packages", packages}};
	sqlite3_stmt *put = NULL;
	int code = writer_prepare(writer, "INSERT INTO meta VALUES(?1, ?2)", &put, error);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs && code == 0; i++) {
		sqlite3_bind_text(put, 1, pairs[i][0], -1, SQLITE_STATIC);
		sqlite3_bind_text(put, 2, pairs[i][1], -1, SQLITE_STATIC);
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	if (code == 0)
		code = writer_exec(writer, "INSERT INTO meta VALUES('identity', hex(randomblob(16)))", error);
	return code;
}

static int compose(struct database_writer *writer, struct tarsier_error *error)
{
	int code = write_packages(writer, error);
	if (code == 0 && writer->packages == 0)
		return error_set(error, TARSIER_DATABASE, "%s: nothing to match packages with would be in this database: it needs "
		                 "OSV records; KEV and EPSS alone can be merged into one that is there", writer->path);
	if (code == 0)
		code = write_texts(writer, error);
	if (code == 0)
		code = write_cves(writer, error);
	if (code == 0)
		code = write_ecosystems(writer, error);
	if (code == 0)
		code = write_meta(writer, error);
	return code == 0 ? writer_exec(writer, "COMMIT", error) : code;
}

int writer_finish(struct database_writer *writer, struct tarsier_error *error)
{
	int code = compose(writer, error);
	return code < 0 ? code : writer_replace(writer, error);
}
