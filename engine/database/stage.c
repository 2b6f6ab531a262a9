/* stages the records of feeds, from which the database is composed */
#include "database/record_part.h"
#include "database/write.h"

#include "format/cve_id.h"
#include "format/cvss.h"
#include "format/ecosystem.h"
#include "format/version.h"

#include <stdlib.h>
#include <string.h>

/* Limits of one advisory: larger ones are not genuine, and take time that grows with the square of their size. */
enum { EVENTS_LIMIT = 20000, VERSIONS_LIMIT = 65536 };

/* ---- one package of an advisory ---------------------------------------------------------------------------------- */

struct staging {
	struct database_writer *writer;
	const struct advisory *advisory;
	struct tarsier_error *error;
	struct staged *staged;
	uint32_t number;
};

static void omit(struct staging *staging, enum omission reason)
{
	staging->staged->omitted[reason]++;
}

static void complain(struct staging *staging, const struct affected *affected, enum omission reason, const char *what,
                     const char *which)
{
	omit(staging, reason);
	if (!staging->staged->complaint)
		staging->staged->complaint = arena_format(&staging->writer->scratch, "%.100s %.100s: %s%.100s",
		                                          affected->ecosystem, affected->name, what, which);
}

/* Takes the better vector: of the higher version of CVSS, then of the higher score, then the first in text order, so
 * that the order of a list does not matter. */
static void consider(struct staging *staging, const char *candidate, struct cvss *best, const char **vector)
{
	struct cvss one;
	struct tarsier_error why;
	if (cvss_score(span_of(candidate), &one, &why) < 0) {
		omit(staging, OMIT_VECTOR);
		staging->staged->complaint = arena_string(&staging->writer->scratch, why.message);
		return;
	}
	bool better = one.version != best->version ? one.version > best->version
	            : one.score != best->score ? one.score > best->score
	            : strcmp(candidate, *vector) < 0;
	if (better) {
		*best = one;
		*vector = candidate;
	}
}

/* Returns the best of a NULL-terminated list, or "". */
static const char *best_vector(struct staging *staging, const char **vectors)
{
	struct cvss best = {.version = -1};
	const char *vector = "";
	for (const char **v = vectors; *v; v++)
		consider(staging, *v, &best, &vector);
	return vector;
}

struct ordered_event { const char *version; uint32_t number; uint8_t kind; uint32_t place; };

/* By version, "0" first. Events of one version keep the order of the record. */
static int compare_events(const void *a, const void *b, void *user)
{
	const struct version_scheme *scheme = user;
	const struct ordered_event *one = a, *other = b;
	int order = (one->number != 0) - (other->number != 0);
	if (order == 0 && one->number && scheme)
		order = scheme->compare(span_of(one->version), span_of(other->version));
	if (order == 0)
		order = one->place < other->place ? -1 : 1;
	return order;
}

static bool is_everything(const struct advisory_event *event)
{
	return event->kind == EVENT_INTRODUCED && strcmp(event->version, "0") == 0;
}

/* "limit *" sets no limit. */
static bool says_nothing(const struct advisory_event *event)
{
	return event->kind == EVENT_LIMIT && strcmp(event->version, "*") == 0;
}

/* A range that starts at the first version needs no order. */
static bool is_open(const struct advisory_range *range)
{
	for (size_t i = 0; i < range->count; i++)
		if (!is_everything(&range->events[i]) && !says_nothing(&range->events[i]))
			return false;
	return true;
}

/* Returns false if a bound is not a version: dropping it would change the range. */
static bool is_usable(struct staging *staging, const struct affected *affected, const struct advisory_range *range,
                      const struct version_scheme *scheme)
{
	for (size_t i = 0; i < range->count; i++) {
		const struct advisory_event *event = &range->events[i];
		bool named = is_name(event->version, NAME_LIMIT);
		if (is_everything(event) || says_nothing(event) ||
		    (named && (!scheme || version_is_usable(scheme, span_of(event->version)))))
			continue;
		complain(staging, affected, OMIT_BOUND, "the range has a bound that is not a version: ", event->version);
		return false;
	}
	return true;
}

static bool add_event(const struct advisory_event *event, struct row_writer *rows, struct ordered_event *list,
                      size_t *count)
{
	uint32_t number = 0;
	if (says_nothing(event))
		return true;
	if (!is_everything(event) && !(number = row_writer_version(rows, span_of(event->version))))
		return false;
	list[*count] = (struct ordered_event){event->version, number, (uint8_t)event->kind, (uint32_t)*count};
	(*count)++;
	return true;
}

static bool has_introduced(const struct advisory_range *range)
{
	for (size_t i = 0; i < range->count; i++)
		if (range->events[i].kind == EVENT_INTRODUCED)
			return true;
	return false;
}

static bool stage_range(struct staging *staging, const struct affected *affected, const struct advisory_range *range,
                        const struct version_scheme *scheme, struct row_writer *rows, struct package_row *row)
{
	static const struct advisory_event from_the_first = {EVENT_INTRODUCED, "0"};
	size_t count = 0;
	struct ordered_event *list = arena_array(&staging->writer->scratch, range->count + 1, sizeof *list);
	if (!list)
		return false;
	if (!is_usable(staging, affected, range, scheme))
		return true;
	if (!scheme && !is_open(range))
		omit(staging, OMIT_NO_ORDER);
	if (!has_introduced(range) && !add_event(&from_the_first, rows, list, &count))
		return false;
	for (size_t i = 0; i < range->count; i++)
		if (!add_event(&range->events[i], rows, list, &count))
			return false;
	qsort_r(list, count, sizeof *list, compare_events, (void *)(uintptr_t)scheme);
	for (size_t i = 0; i < count; i++)
		row->events[row->event_count++] = (struct row_event){list[i].number, list[i].kind, i == 0};
	return true;
}

/* The number of events and versions that the row may have: one more for each range, for "introduced 0". */
static bool measure(struct staging *staging, const struct affected *affected, size_t *events, size_t *versions)
{
	*events = affected->range_count;
	*versions = 0;
	for (size_t i = 0; i < affected->range_count; i++)
		*events += affected->ranges[i].count;
	while (affected->versions && affected->versions[*versions])
		(*versions)++;
	if (*events > EVENTS_LIMIT || *versions > VERSIONS_LIMIT)
		complain(staging, affected, OMIT_TOO_LARGE, "more events or versions than an advisory can have", "");
	else if (*events == 0 && *versions == 0 && affected->status != STATUS_NOT_AFFECTED)
		complain(staging, affected, OMIT_NO_VERSIONS, "no affected versions", "");
	else
		return true;
	return false;
}

static bool fill_versions(struct staging *staging, const struct affected *affected, struct row_writer *rows,
                          struct package_row *row)
{
	for (const char **version = affected->versions; version && *version; version++) {
		if (!is_name(*version, NAME_LIMIT)) {
			complain(staging, affected, OMIT_NAME, "not a version: ", *version);
			continue;
		}
		uint32_t number = row_writer_version(rows, span_of(*version));
		if (!number)
			return false;
		row->versions[row->version_count++] = number;
	}
	return true;
}

/* A row has its own vector only if the advisory covers several packages; otherwise the advisory's vector is enough. */
static bool fill_row(struct staging *staging, const struct affected *affected, const struct known_ecosystem *ecosystem,
                     struct row_writer *rows, struct package_row *row)
{
	const struct version_scheme *scheme = version_scheme_of_ecosystem(span_of(ecosystem->name));
	row->advisory = staging->number;
	if (ecosystem->distribution) {
		row->cve = cve_tracked(span_of(staging->advisory->id));
		row->severity = affected->severity_word ? severity_of_word(span_of(affected->severity_word))
			: TARSIER_SEVERITY_UNKNOWN;
	}
	const char *vector = staging->advisory->affected_count > 1 ? best_vector(staging, affected->cvss) : "";
	if ((*vector && !(row->vector = row_writer_version(rows, span_of(vector)))) ||
	    (affected->stream && !(row->stream = row_writer_version(rows, span_of(affected->stream)))))
		return false;
	row->informational = affected->informational;
	row->status = affected->status;
	row->own = affected->own;
	for (size_t i = 0; i < affected->range_count; i++)
		if (!stage_range(staging, affected, &affected->ranges[i], scheme, rows, row))
			return false;
	return fill_versions(staging, affected, rows, row);
}

int writer_stage_rows(struct database_writer *writer, int ecosystem, const char *name, uint32_t number,
                      struct row_writer *rows, struct tarsier_error *error)
{
	struct buffer blob;
	buffer_init(&blob, NULL);
	if (!row_writer_finish(rows, &blob)) {
		buffer_free(&blob);
		return error_memory(error);
	}
	sqlite3_stmt *put = writer->put_row;
	sqlite3_bind_int(put, 1, ecosystem);
	sqlite3_bind_text(put, 2, name, -1, SQLITE_STATIC);
	sqlite3_bind_int64(put, 3, number);
	sqlite3_bind_blob64(put, 4, blob.data, blob.length, SQLITE_STATIC);
	int code = writer_step(writer, put, error);
	buffer_free(&blob);
	return code;
}

/* Notes that the advisory has packages of that family. */
static void note_family(struct staging *staging, struct known_family *family)
{
	struct known_family **families = staging->staged->families;
	size_t i = 0;
	while (i < STAGED_FAMILIES && families[i] && families[i] != family)
		i++;
	if (i < STAGED_FAMILIES)
		families[i] = family;
}

static int stage_package(struct staging *staging, const struct affected *affected, span key, struct package_row *row)
{
	struct database_writer *writer = staging->writer;
	struct known_ecosystem *ecosystem = writer_ecosystem(writer, key);
	const char *name = package_key(&writer->scratch, key, span_of(affected->name));
	struct row_writer rows;
	if (!ecosystem || !name)
		return error_memory(staging->error);
	row_writer_init(&rows, &writer->scratch);
	int code = fill_row(staging, affected, ecosystem, &rows, row) ? 0 : error_memory(staging->error);
	bool empty = row->event_count + row->version_count == 0 && affected->status != STATUS_NOT_AFFECTED; /* none usable */
	if (code >= 0 && !empty && !row_writer_add(&rows, row))
		code = error_memory(staging->error);
	if (code >= 0 && !empty) {
		code = writer_stage_rows(writer, ecosystem->number, name, staging->number, &rows, staging->error);
		note_family(staging, ecosystem->family);
		staging->staged->useful = true;
	}
	row_writer_free(&rows);
	return code;
}

static int stage_affected(struct staging *staging, const struct affected *affected)
{
	struct arena *scratch = &staging->writer->scratch;
	size_t events, versions;
	span key = ecosystem_key_of(scratch, span_of(affected->ecosystem), span_of(affected->purl));
	if (!key.ptr)
		return error_memory(staging->error);
	bool known = ecosystem_is_known(key);
	if (!known || affected->only_commits)
		omit(staging, known ? OMIT_COMMITS : OMIT_ECOSYSTEM);
	if (known && !(is_name(affected->ecosystem, NAME_LIMIT) && is_name(affected->name, NAME_LIMIT))) {
		complain(staging, affected, OMIT_NAME, "the name of a package or release is missing, too long or has several lines", "");
		return 0;
	}
	if (!known || affected->only_commits || !measure(staging, affected, &events, &versions))
		return 0;
	struct package_row row = {.events = arena_array(scratch, events, sizeof *row.events),
	                          .versions = arena_array(scratch, versions, sizeof *row.versions)};
	if (!row.events || !row.versions)
		return error_memory(staging->error);
	return stage_package(staging, affected, key, &row);
}

/* ---- the advisory itself ----------------------------------------------------------------------------------------- */

static const char *vector_of(struct staging *staging)
{
	const struct advisory *advisory = staging->advisory;
	const char *vector = best_vector(staging, advisory->cvss);
	return *vector || advisory->affected_count != 1 ? vector : best_vector(staging, advisory->affected[0].cvss);
}

/* Sorts the names of an advisory into CVEs and the rest. */
static bool sort_names(struct database_writer *writer, const struct advisory *advisory, struct advisory_text *text)
{
	size_t count = 0, rest = 0;
	while (advisory->aliases[count])
		count++;
	text->cves = arena_array(&writer->scratch, count + 1, sizeof *text->cves);
	text->aliases = arena_array(&writer->scratch, count + 1, sizeof *text->aliases);
	if (!text->cves || !text->aliases)
		return false;
	uint32_t own = cve_number(advisory_plain_id(text->id));
	if (own)
		text->cves[text->cve_count++] = own;
	for (size_t i = 0; i < count; i++) {
		uint32_t cve = cve_number(span_of(advisory->aliases[i]));
		if (cve && cve != own)
			text->cves[text->cve_count++] = cve;
		else if (!cve)
			text->aliases[rest++] = advisory->aliases[i];
	}
	return true;
}

/* The advisory's own rating. Outside distributions, which rate packages, the worst rating of a package. */
static enum tarsier_severity word_of(const struct advisory *advisory, bool distribution)
{
	enum tarsier_severity worst = TARSIER_SEVERITY_UNKNOWN;
	if (advisory->severity_word)
		return severity_of_word(span_of(advisory->severity_word));
	for (size_t i = 0; i < advisory->affected_count && !distribution; i++) {
		const char *word = advisory->affected[i].severity_word;
		enum tarsier_severity one = word ? severity_of_word(span_of(word)) : TARSIER_SEVERITY_UNKNOWN;
		worst = one > worst ? one : worst;
	}
	return worst;
}

static bool make_text(struct staging *staging, const char *id, struct advisory_text *text)
{
	struct database_writer *writer = staging->writer;
	const struct advisory *advisory = staging->advisory;
	bool distribution = advisory->affected_count &&
	                    ecosystem_is_distribution(span_of(advisory->affected[0].ecosystem));
	*text = (struct advisory_text){
		.id = id, .vector = vector_of(staging), .published = advisory->published,
			.modified = advisory->modified,
		.url = advisory->url, .summary = advisory->summary, .details = advisory->details,
		.references = advisory->references,
		.severity = word_of(advisory, distribution), .distribution = distribution,
	};
	return sort_names(writer, advisory, text);
}

static int stage_text(struct database_writer *writer, struct advisory_text *text, uint32_t number,
                       struct tarsier_error *error)
{
	struct buffer head, body;
	buffer_init(&head, NULL);
	buffer_init(&body, NULL);
	bool done = advisory_text_write_head(text, &head) && advisory_text_write_body(text, &body);
	int code = done ? 0 : error_memory(error);
	if (code >= 0) {
		sqlite3_stmt *put = writer->put_advisory;
		sqlite3_bind_int64(put, 1, number);
		sqlite3_bind_text(put, 2, text->id, -1, SQLITE_STATIC);
		sqlite3_bind_blob64(put, 3, head.data, head.length, SQLITE_STATIC);
		sqlite3_bind_blob64(put, 4, body.data, body.length, SQLITE_STATIC);
		code = writer_step(writer, put, error);
	}
	buffer_free(&head);
	buffer_free(&body);
	return code;
}

/* ---- advisories -------------------------------------------------------------------------------------------------- */

static int stage_omissions(struct staging *staging)
{
	for (size_t i = 0; i < OMISSIONS; i++) {
		struct omitted omitted = {staging->number, (enum omission)i, staging->staged->omitted[i]};
		if (omitted.count && !buffer_add(&staging->writer->omissions, &omitted, sizeof omitted))
			return error_memory(staging->error);
	}
	return 0;
}

/* `named`: by a record about packages; what only describes other CVEs is dropped. */
static bool name_cves(struct database_writer *writer, const struct advisory_text *text, bool named)
{
	for (size_t i = 0; i < text->cve_count; i++) {
		struct cve_entry *entry = cve_table_at(&writer->cves, text->cves[i]);
		if (!entry)
			return false;
		entry->named = entry->named || named;
		entry->touched = true;
	}
	return true;
}

static int stage_whole_text(struct staging *staging, const char *id)
{
	struct advisory_text text;
	bool done = make_text(staging, id, &text);
	if (done && (staging->advisory->affected_count || staging->writer->amending))
		done = name_cves(staging->writer, &text, staging->advisory->affected_count > 0);
	return done ? stage_text(staging->writer, &text, staging->number, staging->error) : error_memory(staging->error);
}

static int stage_advisory(struct staging *staging, const char *id, bool with_text)
{
	const struct advisory *advisory = staging->advisory;
	int code = with_text ? stage_whole_text(staging, id) : 0;
	for (size_t i = 0; i < advisory->affected_count && code >= 0; i++)
		code = stage_affected(staging, &advisory->affected[i]);
	staging->staged->omitted[OMIT_NEWS] += advisory->news;
	staging->staged->omitted[OMIT_NAMELESS] += (uint32_t)advisory->nameless_count;
	if (!advisory->news && !advisory->scope && advisory->affected_count + advisory->nameless_count == 0)
		omit(staging, OMIT_NOTHING_AFFECTED);
	return code < 0 ? code : stage_omissions(staging);
}

static int stage_part(struct staging *staging, const char *id)
{
	struct known_advisory *known;
	bool fresh;
	int code = writer_note_part(staging->writer, staging->advisory, id, &known, &fresh, staging->error);
	if (code < 0)
		return code;
	staging->number = known->number;
	staging->staged->useful = staging->advisory->affected_count == 0;
	return stage_advisory(staging, known->id, fresh);
}

int writer_advisory(struct database_writer *writer, const struct advisory *advisory, struct staged *staged,
                    struct tarsier_error *error)
{
	char name[CVE_NAME_SIZE];
	uint32_t cve = cve_number(span_of(advisory->id));
	const char *id = cve ? cve_name(cve, name) : advisory->id; /* spellings like "cvE-2020-1234" are in use */
	struct staging staging = {.writer = writer, .advisory = advisory, .error = error, .staged = staged};
	struct known_advisory *known;
	*staged = (struct staged){0};
	arena_reset(&writer->scratch);
	if (writer->last_number == UINT32_MAX - 1)
		return error_set(error, TARSIER_LIMIT, "more than %u advisories", UINT32_MAX - 1);
	if (advisory->scope)
		return stage_part(&staging, id);
	int code = writer_note_known(writer, advisory, id, &known, &staging.number, error);
	staged->useful = !known || known->withdrawn;
	if (code < 0 || staged->useful)
		return code;
	code = stage_advisory(&staging, id, true);
	for (size_t i = 0; i < STAGED_FAMILIES && staged->families[i]; i++)
		known->families |= family_bit(staged->families[i]);
	return code;
}
