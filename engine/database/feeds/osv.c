#include "database/osv_reading.h"
#include "format/cve_id.h"
#include "format/cvss.h"
#include "format/ecosystem.h"
#include "format/json_head.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * OSV records, https://ossf.github.io/osv-schema/ (1.0 to 1.7): a single JSON object, or an array of such objects.
 *
 *	{ "id", "modified", "published", "withdrawn", "aliases": [id], "upstream": [id], "related": [id],
 *	  "summary", "details", "severity": [{type, score}], "references": [{type, url}],
 *	  "affected": [{ "package": {ecosystem, name}, "versions": [v], "severity": […],
 *	                 "ranges": [{ "type": SEMVER|ECOSYSTEM|GIT, "events": [{introduced|fixed|last_affected|limit: v}] }],
 *	                 "ecosystem_specific": {…}, "database_specific": {…} }],
 *	  "database_specific": {…} }
 *
 * A field that is absent, null or of another type counts as absent: published records have all of these. Of another type,
 * it is reported if it could name a package, a version or a CVE.
 */

enum { RECORD_LIMIT = 64 << 20 }; /* in memory: the largest published record has 2 MiB of text */

/* Members of a record. The first three are enough to tell one, together with any other. */
static const char *const members[] = {
	"id", "affected", "schema_version", "modified", "published", "withdrawn", "aliases", "related", "upstream", "summary",
	"details", "severity", "references", "credits", "database_specific"};
enum { MEMBERS = sizeof members / sizeof *members, TELLING = 3 };

static int osv_recognise(span head)
{
	struct json_head names = {.rest = head};
	span name;
	int found = 0, telling = 0, others = 0;
	while (json_head_next(&names, &name)) {
		size_t member = 0;
		while (member < MEMBERS && !span_is(name, members[member]))
			member++;
		found += member < MEMBERS;
		telling += member < TELLING;
		others += member == MEMBERS;
		if (others == 0 && telling > 1 && found > 2)
			return RECOGNISED;
	}
	return others == 0 || (found > 1 && found > others) ? found : 0; /* the schema grows, and publishers extend it */
}

/* ---- small pieces ------------------------------------------------------------------------------------------------ */

static void complain(struct osv_reading *reading, const char *id, const char *why)
{
	reading->sink->unreadable(reading->sink->user, id, why);
}

static bool any_cve(const char **ids)
{
	for (; *ids; ids++)
		if (cve_number(span_of(*ids)) || cve_tracked(span_of(*ids)))
			return true;
	return false;
}

/* A distribution's advisory ("ALSA-2024:1234") often lists the CVEs that it fixes only in "related". In other records
 * that list has other meanings. */
static size_t add_related(const struct json_node *record, const char **list, size_t count)
{
	for (const struct json_node *item = node_first(node_list(record, "related")); item; item = item->next) {
		const char *id = node_string(item);
		if (id && cve_number(span_of(id)))
			list[count++] = id;
	}
	return count;
}

/* A name that is longer than an id is none of a CVE. */
static size_t add_ids(struct osv_reading *reading, const struct json_node *record, const char *key, const char **list,
                      size_t count)
{
	const struct json_node *item = record_list_or_none(reading->sink, reading->id, record, key);
	for (; item; item = item->next) {
		const char *id = record_text(reading->sink, reading->id, item);
		if (is_name(id, ID_LIMIT))
			list[count++] = id;
	}
	return count;
}

static const char **read_aliases(struct osv_reading *reading, const struct json_node *record, bool distribution)
{
	size_t most = node_count(node_list(record, "aliases")) + node_count(node_list(record, "upstream")) +
	              node_count(node_list(record, "related"));
	const char **list = osv_list(reading, most + 1, sizeof *list);
	if (!list)
		return NULL;
	size_t count = add_ids(reading, record, "upstream", list, add_ids(reading, record, "aliases", list, 0));
	if (distribution && !any_cve(list))
		add_related(record, list, count);
	return list;
}

static const char **read_references(struct osv_reading *reading, const struct json_node *record, const char **url)
{
	const struct json_node *references = node_list(record, "references");
	const char **list = osv_list(reading, node_count(references) + 1, sizeof *list);
	size_t count = 0;
	*url = "";
	if (!list)
		return NULL;
	for (const struct json_node *item = node_first(references); item; item = item->next) {
		const char *target = node_text(item, "url");
		if (!*target)
			continue;
		list[count++] = target;
		if (!**url && strcmp(node_text(item, "type"), "ADVISORY") == 0)
			*url = target;
	}
	if (!**url && count)
		*url = list[0];
	return list;
}

/* "Important: kernel security update" */
static const char *word_of_summary(struct osv_reading *reading, const char *summary)
{
	span word, rest;
	if (!span_cut(span_of(summary), ':', &word, &rest) || word.len > 16 || !severity_of_word(word))
		return NULL;
	char *copy = span_copy(&reading->arena, word);
	reading->no_memory = reading->no_memory || !copy;
	return copy;
}

/* Announcements of bug fixes and enhancements ("ALBA-…", "RHEA-…") do not mean that a version is vulnerable, unless
 * they name a CVE. */
static bool is_news(const char *id, const char **aliases)
{
	static const char vendors[][3] = {"AL", "RL", "RH", "EL"};
	for (size_t i = 0; i < sizeof vendors / sizeof *vendors; i++)
		if (strncmp(id, vendors[i], 2) == 0 && (strncmp(id + 2, "BA-", 3) == 0 || strncmp(id + 2, "EA-", 3) == 0))
			return !any_cve(aliases);
	return false;
}

static void read_all_affected(struct osv_reading *reading, const struct json_node *record, struct advisory *advisory)
{
	const struct json_node *list = record_list_or_none(reading->sink, reading->id, record, "affected");
	advisory->affected = osv_list(reading, node_count(node_list(record, "affected")), sizeof *advisory->affected);
	advisory->news = is_news(advisory->id, advisory->aliases);
	if (!advisory->affected || advisory->news)
		return;
	for (const struct json_node *item = list; item; item = item->next) {
		struct affected *next = &advisory->affected[advisory->affected_count];
		*next = (struct affected){0};
		osv_affected(reading, record, item, next);
		bool named = *next->ecosystem; /* otherwise it is a source repository */
		advisory->affected_count += named;
		advisory->nameless_count += !named;
	}
}

static bool of_distribution(const struct json_node *record)
{
	const struct json_node *package = node_member(node_first(node_list(record, "affected")), "package");
	return ecosystem_is_distribution(span_of(node_text(package, "ecosystem")));
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

static int read_advisory(struct osv_reading *reading, const struct json_node *record)
{
	const char *word = NULL;
	const struct json_node *withdrawn = node_get(record, "withdrawn");
	bool distribution = of_distribution(record);
	struct advisory advisory = {
		.id = node_text(record, "id"), .summary = node_text(record, "summary"), .details = node_text(record, "details"),
		.published = node_text(record, "published"), .modified = node_text(record, "modified"),
		.withdrawn = node_length(withdrawn) ? node_string(withdrawn) : NULL,
	};
	advisory.aliases = read_aliases(reading, record, distribution);
	advisory.references = read_references(reading, record, &advisory.url);
	const struct json_node *specific = node_member(record, "database_specific");
	advisory.cvss = osv_severity(reading, record, osv_vector_in(specific), &word);
	word = osv_word_in(record, "database_specific", "severity", word ? word : osv_word_of_score(specific));
	word = osv_word_in(record, "ecosystem_specific", "ubuntu_priority", word);
	if (!word && distribution)
		word = word_of_summary(reading, advisory.summary);
	advisory.severity_word = word;
	if (!reading->no_memory)
		read_all_affected(reading, record, &advisory);
	if (reading->no_memory)
		return error_memory(reading->error);
	return reading->sink->advisory(reading->sink->user, &advisory, reading->error);
}

static int read_record(struct osv_reading *reading, const struct json_node *record, const char *name)
{
	const char *id = node_text(record, "id");
	if (!is_name(id, ID_LIMIT)) {
		complain(reading, name, "not an OSV record: it has no id");
		return 0;
	}
	if (!node_list(record, "affected") && !*node_text(record, "withdrawn") && !*node_text(record, "modified")) {
		complain(reading, id, "not an OSV record: nothing is affected");
		return 0;
	}
	arena_reset(&reading->arena);
	reading->id = id;
	return read_advisory(reading, record);
}

static int take_record(void *user, const struct cut_place *place, const struct json_node *record,
                       struct tarsier_error *error)
{
	struct osv_reading *reading = user;
	(void)place, (void)error;
	return reading->failed = read_record(reading, record, reading->name);
}

/* An oversized or invalid record is skipped and the feed continues. A file that cannot be read is a failure. */
static int osv_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct tarsier_error why;
	struct osv_reading reading = {.sink = sink, .error = error, .name = name};
	struct json_cutter cutter = {.opens = json_opens_list, .take = take_record, .user = &reading, .what = name,
	                             .limit = RECORD_LIMIT};
	arena_init(&reading.arena, NULL);
	int code = json_read(&cutter, stream, &why);
	bool fault = reading.failed >= 0 && (cutter.invalid || code == TARSIER_LIMIT);
	if (fault)
		complain(&reading, name, why.message);
	else if (code < 0 && reading.failed >= 0)
		error_set(error, code, "%s", why.message);
	arena_free(&reading.arena);
	return fault ? 0 : code;
}

const struct feed feed_osv = {"osv", osv_recognise, osv_read};
