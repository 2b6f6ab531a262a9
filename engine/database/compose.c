/* composes a database from the staged records: one row for each package, packed texts, CVEs by number */
#include "database/ends.h"
#include "database/amend.h"

#include "database/checksum.h"
#include "format/cve_id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void compose_bind_span(sqlite3_stmt *statement, int index, span bytes)
{
	sqlite3_bind_blob64(statement, index, bytes.ptr, bytes.len, SQLITE_STATIC);
}

void compose_count(struct database_writer *writer, span bytes)
{
	writer->content = checksum(writer->content, bytes.ptr, bytes.len);
}

/* ---- order --------------------------------------------------------------------------------------------------------
 *
 * Advisories are numbered in the order of their ids, and ecosystems, packages and rows are sorted by name, so that the
 * same records produce the same file in any input order. */

static int compare_ids(const void *a, const void *b)
{
	return strcmp((*(struct known_advisory *const *)a)->id, (*(struct known_advisory *const *)b)->id);
}

/* A record that only describes a CVE is of no use if no record about a package names it. */
static bool is_needed(struct database_writer *writer, const char *id)
{
	if (!advisory_only_describes(id))
		return true;
	uintptr_t index = (uintptr_t)map_get_number(&writer->cves.numbers, cve_number(advisory_plain_id(id)));
	return index && writer->cves.items[index - 1].named;
}

static bool find_live(struct database_writer *writer, struct live *live)
{
	*live = (struct live){.items = arena_array(&writer->arena, writer->known.count, sizeof *live->items)};
	for (size_t i = 0; live->items && i < writer->known.count; i++) {
		struct known_advisory *known = writer->known.entries[i].value;
		bool stays = known && known->old && writer->amending; /* it is in the copy */
		if (known && known->number && !stays && !writer_is_replaced(writer, known) && is_needed(writer, known->id))
			live->items[live->count++] = known;
	}
	if (live->items)
		qsort(live->items, live->count, sizeof *live->items, compare_ids);
	return live->items;
}

/* In a copy, records keep their numbers, and new ones follow. */
static void number_live(struct composing *composing)
{
	const struct amending *amending = composing->writer->amending;
	composing->last_final = amending ? amending->last : 0;
	for (size_t i = 0; i < composing->live.count; i++) {
		struct known_advisory *known = composing->live.items[i];
		known->final = known->in_file ? known->in_file : ++composing->last_final;
	}
}

/* By the number under which it was staged; NULL if a newer record replaced it. */
static struct known_advisory **by_number(struct database_writer *writer, const struct live *live)
{
	struct known_advisory **table = arena_array(&writer->arena, (size_t)writer->last_number + 1, sizeof *table);
	for (size_t i = 0; table && i < live->count; i++) {
		table[live->items[i]->number] = live->items[i];
		for (const struct known_part *part = live->items[i]->parts; part; part = part->next)
			table[part->number] = live->items[i];
	}
	return table;
}

static int compare_ecosystems(const void *a, const void *b)
{
	return strcmp((*(struct known_ecosystem *const *)a)->name, (*(struct known_ecosystem *const *)b)->name);
}

/* Sorted by name, NULL-terminated. */
static struct known_ecosystem **sorted_ecosystems(struct database_writer *writer)
{
	struct known_ecosystem **list = arena_array(&writer->arena, writer->ecosystems.count + 1, sizeof *list);
	size_t count = 0;
	for (size_t i = 0; list && i < writer->ecosystems.count; i++)
		if (writer->ecosystems.entries[i].value)
			list[count++] = writer->ecosystems.entries[i].value;
	if (list)
		qsort(list, count, sizeof *list, compare_ecosystems);
	for (size_t i = 0; list && i < count; i++)
		list[i]->rank = (int)i;
	return list;
}

int compose_begin(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	size_t count = (size_t)writer->last_ecosystem + 1;
	bool done = find_live(writer, &composing->live) && (composing->advisories = by_number(writer, &composing->live)) &&
	            (composing->ecosystems = sorted_ecosystems(writer)) &&
	            (composing->numbered = arena_array(&writer->arena, count, sizeof *composing->numbered));
	if (done)
		number_live(composing);
	for (size_t i = 0; done && composing->ecosystems[i]; i++)
		composing->numbered[composing->ecosystems[i]->number] = composing->ecosystems[i];
	for (size_t i = 0; done && i < writer->families.count; i++) {
		struct known_family *family = writer->families.entries[i].value;
		if (family)
			done = (family->seen = arena_alloc(&writer->arena, composing->last_final / 8 + 1)) != NULL;
	}
	return done ? 0 : error_memory(error);
}

/* ---- CVEs and the rest - ----------------------------------------------------------------------------------------- */

static int write_cve(struct database_writer *writer, const struct cve_entry *entry, sqlite3_stmt *put,
                     struct tarsier_error *error)
{
	char kev[CVE_KEV_SIZE] = "";
	struct buffer facts;
	buffer_init(&facts, NULL);
	if (entry->epss == CVE_SCORE_UNKNOWN && !entry->kev_added && !entry->stated && !entry->derived && !entry->text)
		return 0;
	bool done = cve_facts_write(entry, true, &facts);
	size_t stated = facts.length;
	done = done && cve_facts_write(entry, false, &facts);
	sqlite3_clear_bindings(put);
	sqlite3_bind_int64(put, 1, entry->cve);
	if (entry->epss != CVE_SCORE_UNKNOWN) {
		sqlite3_bind_int(put, 2, entry->epss);
		sqlite3_bind_int(put, 3, entry->percentile);
	}
	if (entry->kev_added) {
		cve_kev_write(entry, kev);
		sqlite3_bind_text(put, 4, kev, -1, SQLITE_STATIC);
	}
	sqlite3_bind_text(put, 5, facts.length ? facts.data : "", (int)stated, SQLITE_STATIC);
	sqlite3_bind_text(put, 6, facts.length ? facts.data + stated : "", (int)(facts.length - stated), SQLITE_STATIC);
	if (entry->text)
		sqlite3_bind_int64(put, 7, entry->text);
	compose_count(writer, (span){(const char *)&entry->epss, sizeof entry->epss});
	compose_count(writer, span_of(kev));
	compose_count(writer, buffer_span(&facts));
	int code = done ? writer_step(writer, put, error) : error_memory(error);
	buffer_free(&facts);
	return code;
}

static int write_cves(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	sqlite3_stmt *put = NULL;
	cve_table_sort(&writer->cves);
	int code = writer_prepare(writer, "INSERT INTO cve VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", &put, error);
	for (size_t i = 0; i < writer->cves.count && code >= 0; i++)
		code = write_cve(writer, &writer->cves.items[i], put, error);
	sqlite3_finalize(put);
	return code;
}

static int write_ecosystems(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	sqlite3_stmt *put = NULL;
	int code = writer_prepare(writer, "INSERT INTO ecosystem VALUES(?1, ?2, ?3)", &put, error);
	for (struct known_ecosystem **known = composing->ecosystems; *known && code >= 0; known++) {
		if (!(*known)->packages)
			continue;
		sqlite3_bind_int(put, 1, (*known)->final);
		sqlite3_bind_text(put, 2, (*known)->name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(put, 3, (sqlite3_int64)(*known)->packages);
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	return code;
}

/* A family with so many records is covered: no other family's feed names it that often. */
enum { FAMILY_COVERED = 250 };

static int write_feed(struct database_writer *writer, const struct known_family *family, sqlite3_stmt *put,
                      struct tarsier_error *error)
{
	bool covered = family->covered || writer->starter || family->records >= FAMILY_COVERED;
	sqlite3_bind_text(put, 1, family->name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 2, (sqlite3_int64)family->records);
	sqlite3_bind_text(put, 3, family->newest, -1, SQLITE_STATIC);
	sqlite3_bind_int(put, 4, covered);
	return writer_step(writer, put, error);
}

/* KEV and EPSS do not belong to an ecosystem. */
static int write_scores(struct database_writer *writer, sqlite3_stmt *put, struct tarsier_error *error)
{
	struct known_family kev = {.name = "KEV", .newest = writer->kev_date, .covered = true};
	struct known_family epss = {.name = "EPSS", .newest = writer->epss_date, .covered = true};
	for (size_t i = 0; i < writer->cves.count && !writer->amending; i++) {
		kev.records += writer->cves.items[i].kev_added != NULL;
		epss.records += writer->cves.items[i].epss != CVE_SCORE_UNKNOWN;
	}
	if (writer->amending) {
		kev.records = writer->amending->kev;
		epss.records = writer->amending->epss;
	}
	int code = kev.records ? write_feed(writer, &kev, put, error) : 0;
	return code >= 0 && epss.records ? write_feed(writer, &epss, put, error) : code;
}

static int write_feeds(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	struct known_family *last = NULL;
	sqlite3_stmt *put = NULL;
	int code = writer_prepare(writer, "INSERT INTO feed VALUES(?1, ?2, ?3, ?4)", &put, error);
	for (struct known_ecosystem **known = composing->ecosystems; *known && code >= 0; known++) {
		if ((*known)->family != last && (*known)->family->records) /* sorted by name, so each family is adjacent */
			code = write_feed(writer, (*known)->family, put, error);
		last = (*known)->family;
	}
	if (code >= 0)
		code = write_scores(writer, put, error);
	sqlite3_finalize(put);
	return code;
}

static void count_omissions(struct composing *composing)
{
	struct database_writer *writer = composing->writer;
	const struct omitted *omitted = (const struct omitted *)(const void *)writer->omissions.data;
	for (size_t i = 0; i < writer->omissions.length / sizeof *omitted; i++)
		if (composing->advisories[omitted[i].number])
			writer->omitted[omitted[i].reason] += omitted[i].count;
}

static int write_omissions(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	sqlite3_stmt *put = NULL;
	count_omissions(composing);
	int code = writer_prepare(writer, "INSERT INTO omission VALUES(?1, ?2)", &put, error);
	for (int i = 0; i < OMISSIONS && code >= 0; i++) {
		if (!writer->omitted[i])
			continue;
		sqlite3_bind_int(put, 1, i);
		sqlite3_bind_int64(put, 2, (sqlite3_int64)writer->omitted[i]);
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	return code;
}

static int write_meta(struct composing *composing, struct tarsier_error *error)
{
	struct database_writer *writer = composing->writer;
	char built[32], advisories[24], packages[24], identity[24], sorted[24];
	time_t now = time(NULL);
	struct tm utc;
	strftime(built, sizeof built, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
	snprintf(advisories, sizeof advisories, "%llu", (unsigned long long)writer->advisories);
	snprintf(packages, sizeof packages, "%llu", (unsigned long long)writer->packages);
	snprintf(identity, sizeof identity, "%016llx", (unsigned long long)writer->content);
	snprintf(sorted, sizeof sorted, "%lu", (unsigned long)(writer->amending ? writer->amending->sorted : composing->last_final));
	const char *ends = writer_ends(writer);
	if (!ends)
		return error_memory(error);
	const char *pairs[][2] = {{"built", built}, {"newest", writer->newest}, {"kev_date", writer->kev_date},
	                          {"epss_date", writer->epss_date}, {"starter", writer->starter ? "1" : "0"},
	                          {"advisories", advisories}, {"packages", packages}, {"identity", identity}, {"note", writer->note},
	                          {"epss_model", writer->epss_model}, {"sorted", sorted}, {"ends", ends}};
	sqlite3_stmt *put = NULL;
	int code = writer_prepare(writer, "INSERT INTO meta VALUES(?1, ?2)", &put, error);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs && code >= 0; i++) {
		sqlite3_bind_text(put, 1, pairs[i][0], -1, SQLITE_STATIC);
		sqlite3_bind_text(put, 2, pairs[i][1], -1, SQLITE_STATIC);
		code = writer_step(writer, put, error);
	}
	sqlite3_finalize(put);
	return code;
}

static int run(const compose_step *steps, struct composing *composing, struct tarsier_error *error)
{
	int code = 0;
	for (; *steps && code >= 0; steps++)
		code = (*steps)(composing, error);
	return code;
}

static int compose(struct database_writer *writer, struct tarsier_error *error)
{
	static const compose_step whole[] = {compose_begin, compose_packages, compose_texts, write_cves, NULL};
	static const compose_step rest[] = {write_ecosystems, write_feeds, write_omissions, write_meta, NULL};
	struct composing composing = {.writer = writer};
	int code = run(writer->amending ? amend_steps : whole, &composing, error);
	if (code >= 0 && writer->packages == 0)
		return error_set(error, TARSIER_DATABASE, "%s: this database would have no advisories to match packages with: "
		                 "import OSV records; KEV and EPSS alone can only be merged into an existing database", writer->path);
	if (code >= 0)
		code = run(rest, &composing, error);
	return code >= 0 ? writer_exec(writer, "COMMIT", error) : code;
}

int writer_finish(struct database_writer *writer, struct tarsier_error *error)
{
	int code = compose(writer, error);
	return code < 0 ? code : writer_replace(writer, error);
}
