#include "database/cve_reading.h"
#include "format/cve_id.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * The National Vulnerability Database, as feed files and as answers of its API, https://nvd.nist.gov/developers:
 *
 *	2.0: { "format": "NVD_CVE", "vulnerabilities": [ { "cve": { "id", "published", "lastModified", "vulnStatus",
 *	     "descriptions": [{lang, value}], "weaknesses": [{ "description": [{lang, value}] }],
 *	     "metrics": { "cvssMetricV31": [{ "source", "cvssData": { "vectorString" } }], "ssvcV203": [{ … }] } } } ] }
 *	1.1: { "CVE_data_type": "CVE", "CVE_Items": [ { "cve": { "CVE_data_meta": {ID}, "description": {description_data},
 *	     "problemtype": { "problemtype_data": [{ "description": [{lang, value}] }] } },
 *	     "impact": { "baseMetricV3": { "cvssV3": {vectorString} } }, "publishedDate", "lastModifiedDate" } ] }
 *
 * A CVE has vectors of NVD, of CISA and of its own authority (CNA), in any order, several of one version among them. NVD
 * enriches only some CVEs since 2024: the others have no rating of its own.
 */

enum { VALUE_LIMIT = 32 << 20 }; /* a record with all the products of a processor's vendor has a few MiB */

static int nvd_recognise(span head)
{
	return span_contains(head, "\"NVD_CVE\"") || span_contains(head, "\"CVE_data_type\"") ? 50 : 0;
}

static enum cve_kind source_of(const char *source)
{
	if (strcmp(source, "nvd@nist.gov") == 0)
		return CVE_NVD;
	return strcmp(source, "134c704f-9b21-4f2e-91b3-4a467353bcc0") == 0 ? CVE_CISA : CVE_CNA;
}

static bool read_weaknesses(struct cve_reading *reading, const struct json_node *list)
{
	for (const struct json_node *weakness = node_first(list); weakness; weakness = weakness->next) {
		const struct json_node *words = node_list(weakness, "description");
		for (const struct json_node *word = node_first(words); word; word = word->next)
			if (!cve_note_cwe(reading, node_text(word, "value")))
				return false;
	}
	return true;
}

static bool read_metrics(struct cve_reading *reading, const struct json_node *metrics)
{
	for (const struct json_node *kind = node_first(metrics); kind; kind = kind->next)
		for (const struct json_node *metric = node_first(kind); metric; metric = metric->next) {
			const struct json_node *ssvc = node_member(metric, "ssvcData");
			cve_note_vector(reading, source_of(node_text(metric, "source")),
			                node_text(node_member(metric, "cvssData"), "vectorString"));
			if (!cve_note_ssvc(reading, node_list(ssvc, "options")))
				return false;
		}
	return true;
}

/* Notes why NVD has not rated a CVE: it does not plan to rate a "Deferred" one; the others are in its queue.
 * https://nvd.nist.gov/vuln/vulnerability-status. Notes "" once it is analysed, which replaces the status of an earlier
 * record. */
static void note_status(struct cve_reading *reading, const char *status)
{
	static const char *const unrated[] = {"Deferred", "Received", "Awaiting Analysis", "Undergoing Analysis"};
	reading->values[CVE_NVD_STATUS] = "";
	for (size_t i = 0; i < sizeof unrated / sizeof *unrated && !reading->values[CVE_NVD]; i++)
		if (strcmp(status, unrated[i]) == 0)
			reading->values[CVE_NVD_STATUS] = unrated[i];
}

static bool read_2_0(struct cve_reading *reading, const struct json_node *cve, struct cve_text *text)
{
	text->id = node_text(cve, "id");
	text->details = cve_english(node_list(cve, "descriptions"));
	text->published = node_text(cve, "published");
	text->modified = node_text(cve, "lastModified");
	bool done = read_metrics(reading, node_member(cve, "metrics")) &&
	            read_weaknesses(reading, node_list(cve, "weaknesses"));
	note_status(reading, node_text(cve, "vulnStatus"));
	return done;
}

static bool read_1_1(struct cve_reading *reading, const struct json_node *item, struct cve_text *text)
{
	const struct json_node *cve = node_member(item, "cve"), *impact = node_member(item, "impact");
	const struct json_node *v3 = node_member(node_member(impact, "baseMetricV3"), "cvssV3");
	const struct json_node *v2 = node_member(node_member(impact, "baseMetricV2"), "cvssV2");
	text->id = node_text(node_member(cve, "CVE_data_meta"), "ID");
	text->details = cve_english(node_list(node_member(cve, "description"), "description_data"));
	text->published = node_text(item, "publishedDate");
	text->modified = node_text(item, "lastModifiedDate");
	cve_note_vector(reading, CVE_NVD, node_text(v3, "vectorString"));
	cve_note_vector(reading, CVE_NVD, node_text(v2, "vectorString"));
	return read_weaknesses(reading, node_list(node_member(cve, "problemtype"), "problemtype_data"));
}

static bool is_rejected(const struct json_node *cve, const char *details)
{
	return strcmp(node_text(cve, "vulnStatus"), "Rejected") == 0 || strncmp(details, "** REJECT **", 12) == 0;
}

static bool is_items(const char *key)
{
	return strcmp(key, "vulnerabilities") == 0 || strcmp(key, "CVE_Items") == 0;
}

static int take_item(void *user, const struct cut_place *place, const struct json_node *item, struct tarsier_error *error)
{
	struct cve_reading *reading = user;
	struct cve_text text = {.summary = ""};
	const struct json_node *cve = node_member(item, "cve");
	if (place->depth < 2) {
		if (place->depth && is_items(place->keys[0]))
			reading->sink->unreadable(reading->sink->user, place->keys[0], "not a list");
		return 0;
	}
	cve_reading_reset(reading);
	bool done = node_get(cve, "CVE_data_meta") ? read_1_1(reading, item, &text) : read_2_0(reading, cve, &text);
	char *url = arena_format(&reading->arena, "https://nvd.nist.gov/vuln/detail/%.32s", text.id);
	text.url = url;
	if (!done || !url)
		return error_memory(error);
	if (!cve_number(span_of(text.id))) {
		reading->sink->unreadable(reading->sink->user, *text.id ? text.id : "an entry of NVD", "it has no CVE id");
		return 0;
	}
	return is_rejected(cve, text.details) ? 0 : cve_give(reading, &text, error);
}

static bool opens(void *user, const struct cut_place *place, bool is_object)
{
	(void)user;
	if (place->depth == 0)
		return is_object;
	return place->depth == 1 && !is_object && is_items(place->keys[0]);
}

static int nvd_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct cve_reading reading = {.sink = sink, .feed = "nvd"};
	struct json_cutter cutter = {.opens = opens, .take = take_item, .user = &reading, .what = name, .limit = VALUE_LIMIT};
	arena_init(&reading.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&reading.arena);
	return code;
}

const struct feed feed_nvd = {"nvd", nvd_recognise, nvd_read};
