/* writes facts about CVEs into the copy of a database: what this import states, and what follows from the advisories now */
#include "database/amend.h"

#include "format/date.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what follows from the advisories --------------------------------------------------------------------------------- */

/* An advisory about a changed CVE: an old one, or one that is staged. */
struct cve_source { const char *id; uint32_t number, staged; };

static int compare_sources(const void *a, const void *b)
{
	return strcmp(((const struct cve_source *)a)->id, ((const struct cve_source *)b)->id);
}

static int note_old(struct database_writer *writer, const struct cve_source *source, struct tarsier_error *error)
{
	struct advisory_text text;
	int code = connection_advisory_text(writer->amending->connection, &writer->scratch, source->number, &text, error);
	return code >= 0 && !cve_table_note(&writer->cves, &text, source->number) ? error_memory(error) : code;
}

/* In the order of the ids, as when the file is composed. */
static int note_sources(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	const struct amending *amending = writer->amending;
	size_t count = amending->witness_count + composing->live.count;
	struct cve_source *sources = arena_array(&writer->arena, count, sizeof *sources);
	if (!sources)
		return error_memory(error);
	for (size_t i = 0; i < amending->witness_count; i++)
		sources[i] = (struct cve_source){amending->witnesses[i].id, amending->witnesses[i].number, 0};
	for (size_t i = 0; i < composing->live.count; i++) {
		const struct known_advisory *known = composing->live.items[i];
		sources[amending->witness_count + i] = (struct cve_source){known->id, known->final, known->number};
	}
	qsort(sources, count, sizeof *sources, compare_sources);
	int code = 0;
	for (size_t i = 0; i < count && code >= 0; i++) {
		arena_reset(&writer->scratch);
		code = sources[i].staged ? compose_note_staged(composing, sources[i].staged, sources[i].number, error)
		                         : note_old(writer, &sources[i], error);
	}
	return code;
}

/* ---- what was stated before ------------------------------------------------------------------------------------------- */

static const struct cve_fact *has_fact(const struct cve_entry *entry, span kind)
{
	const struct cve_fact *fact = entry->stated;
	while (fact && !span_is(kind, fact->kind))
		fact = fact->next;
	return fact;
}

static bool keep_stated(struct database_writer *writer, struct cve_entry *entry, span lines)
{
	span line, kind, value;
	bool done = true;
	while (done && span_next(&lines, '\n', &line)) {
		if (!span_cut(line, ' ', &kind, &value) || has_fact(entry, kind))
			continue;
		char *own_kind = span_copy(&writer->arena, kind), *own_value = span_copy(&writer->scratch, value);
		done = own_kind && own_value && cve_table_state(&writer->cves, entry, own_kind, own_value);
	}
	return done;
}

/* The catalogue's later dates are used. */
static bool keep_kev(struct database_writer *writer, struct cve_entry *entry, span kev)
{
	span added, due, rest;
	span_cut(kev, ' ', &added, &rest);
	span_cut(rest, ' ', &due, &rest);
	if (!kev.len)
		return true;
	entry->ransomware = entry->ransomware || rest.len;
	if (span_compare(added, span_of(entry->kev_added)) > 0)
		entry->kev_added = span_copy(&writer->arena, added);
	if (span_compare(due, span_of(entry->kev_due)) > 0)
		entry->kev_due = span_copy(&writer->arena, due);
	return entry->kev_added && entry->kev_due;
}

static int keep_before(struct database_writer *writer, struct cve_entry *entry, sqlite3_stmt *select,
                       struct tarsier_error *error)
{
	sqlite3_reset(select);
	sqlite3_bind_int64(select, 1, entry->cve);
	int code = writer_step(writer, select, error);
	if (code <= 0)
		return code;
	arena_reset(&writer->scratch);
	bool done = (!entry->touched || keep_stated(writer, entry, column_span(select, 1))) &&
	            (!entry->from_kev || keep_kev(writer, entry, column_span(select, 0)));
	return done ? 0 : error_memory(error);
}

/* ---- writing ---------------------------------------------------------------------------------------------------------- */

struct statements { sqlite3_stmt *before, *scores, *kev, *facts; };

static int put_scores(struct database_writer *writer, const struct cve_entry *entry, sqlite3_stmt *put,
                      struct tarsier_error *error)
{
	sqlite3_bind_int64(put, 1, entry->cve);
	sqlite3_bind_int(put, 2, entry->epss);
	sqlite3_bind_int(put, 3, entry->percentile);
	compose_count(writer, (span){(const char *)&entry->epss, sizeof entry->epss});
	return writer_step(writer, put, error);
}

static int put_kev(struct database_writer *writer, const struct cve_entry *entry, sqlite3_stmt *put,
                   struct tarsier_error *error)
{
	char kev[CVE_KEV_SIZE];
	cve_kev_write(entry, kev);
	sqlite3_bind_int64(put, 1, entry->cve);
	sqlite3_bind_text(put, 2, kev, -1, SQLITE_STATIC);
	compose_count(writer, span_of(kev));
	return writer_step(writer, put, error);
}

static int put_facts(struct database_writer *writer, const struct cve_entry *entry, sqlite3_stmt *put,
                     struct tarsier_error *error)
{
	struct buffer facts;
	buffer_init(&facts, NULL);
	bool done = cve_facts_write(entry, true, &facts);
	size_t stated = facts.length;
	done = done && cve_facts_write(entry, false, &facts);
	sqlite3_bind_int64(put, 1, entry->cve);
	sqlite3_bind_text(put, 2, facts.length ? facts.data : "", (int)stated, SQLITE_STATIC);
	sqlite3_bind_text(put, 3, facts.length ? facts.data + stated : "", (int)(facts.length - stated), SQLITE_STATIC);
	if (entry->text)
		sqlite3_bind_int64(put, 4, entry->text);
	else
		sqlite3_bind_null(put, 4);
	compose_count(writer, buffer_span(&facts));
	int code = done ? writer_step(writer, put, error) : error_memory(error);
	buffer_free(&facts);
	return code;
}

/* Scores older than the old file's are left out. */
static bool has_scores(const struct database_writer *writer, const struct cve_entry *entry)
{
	uint32_t before = date_number(database_meta(writer->amending->old, "epss_date"));
	return entry->from_epss && entry->epss_day >= before;
}

static int write_cve(struct database_writer *writer, struct cve_entry *entry, struct statements *put,
                     struct tarsier_error *error)
{
	int code = entry->touched || entry->from_kev ? keep_before(writer, entry, put->before, error) : 0;
	if (code >= 0 && has_scores(writer, entry))
		code = put_scores(writer, entry, put->scores, error);
	if (code >= 0 && entry->from_kev)
		code = put_kev(writer, entry, put->kev, error);
	return code >= 0 && entry->touched ? put_facts(writer, entry, put->facts, error) : code;
}

static int prepare(struct database_writer *writer, struct statements *put, struct tarsier_error *error)
{
	const struct { sqlite3_stmt **statement; const char *sql; } all[] = {
		{&put->before, "SELECT kev, stated FROM main.cve WHERE number=?1"},
		{&put->scores, "INSERT INTO main.cve VALUES(?1, ?2, ?3, NULL, '', '', NULL) ON CONFLICT(number) DO UPDATE SET "
		               "epss=excluded.epss, percentile=excluded.percentile"},
		{&put->kev, "INSERT INTO main.cve VALUES(?1, NULL, NULL, ?2, '', '', NULL) ON CONFLICT(number) DO UPDATE SET "
		            "kev=excluded.kev"},
		{&put->facts, "INSERT INTO main.cve VALUES(?1, NULL, NULL, NULL, ?2, ?3, ?4) ON CONFLICT(number) DO UPDATE SET "
		              "stated=excluded.stated, derived=excluded.derived, text=excluded.text"}};
	int code = 0;
	for (size_t i = 0; i < sizeof all / sizeof *all && code >= 0; i++)
		code = writer_prepare(writer, all[i].sql, all[i].statement, error);
	return code;
}

/* Counting takes a walk over the table, so it is done if this import has some. */
static int count_scores(struct database_writer *writer, struct tarsier_error *error)
{
	sqlite3_stmt *select = NULL;
	bool any = false;
	for (size_t i = 0; i < writer->cves.count && !any; i++)
		any = writer->cves.items[i].from_epss || writer->cves.items[i].from_kev;
	if (!any)
		return 0;
	int code = writer_prepare(writer, "SELECT count(kev), count(epss) FROM main.cve", &select, error);
	if (code >= 0 && (code = writer_step(writer, select, error)) > 0) {
		writer->amending->kev = (uint64_t)sqlite3_column_int64(select, 0);
		writer->amending->epss = (uint64_t)sqlite3_column_int64(select, 1);
	}
	sqlite3_finalize(select);
	return code < 0 ? code : 0;
}

int amend_cves(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	struct statements put = {0};
	int code = note_sources(composing, error);
	if (code >= 0)
		code = prepare(writer, &put, error);
	cve_table_sort(&writer->cves);
	for (size_t i = 0; i < writer->cves.count && code >= 0; i++)
		code = write_cve(writer, &writer->cves.items[i], &put, error);
	sqlite3_finalize(put.before);
	sqlite3_finalize(put.scores);
	sqlite3_finalize(put.kev);
	sqlite3_finalize(put.facts);
	return code < 0 ? code : count_scores(writer, error);
}
