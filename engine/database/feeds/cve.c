#include "database/cve_reading.h"
#include "format/cve_id.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * CVE records 5.x, https://github.com/CVEProject/cve-schema, a file each (cvelistV5, vulnrichment):
 *
 *	{ "dataType": "CVE_RECORD", "cveMetadata": { "cveId", "state", "datePublished", "dateUpdated" },
 *	  "containers": { "cna": CONTAINER, "adp": [ CONTAINER ] } }
 *	CONTAINER = { "title", "descriptions": [{lang, value}], "providerMetadata": {shortName}, "references": [{url}],
 *	  "problemTypes": [{ "descriptions": [{cweId}] }],
 *	  "metrics": [{ "cvssV3_1": {vectorString}, "other": { "type": "ssvc", "content": { "options": […] } } }] }
 *
 * "adp" holds what others add: CISA's vectors and decision points among them, as "CISA-ADP".
 */

enum { RECORD_LIMIT = 32 << 20, REFERENCES = 64 };

static int cve_recognise(span head)
{
	bool named = span_contains(head, "\"cveMetadata\"") && span_contains(head, "\"cveId\"");
	bool inside = span_contains(head, "\"providerMetadata\"") &&
	              (span_contains(head, "\"cna\"") || span_contains(head, "\"adp\"")); /* long containers come first */
	return named || inside || span_contains(head, "\"CVE_RECORD\"") ? 50 : 0;
}

static bool read_metrics(struct cve_reading *reading, enum cve_kind source, const struct json_node *metrics)
{
	static const char *const versions[] = {"cvssV4_0", "cvssV3_1", "cvssV3_0", "cvssV2_0"};
	for (const struct json_node *metric = node_first(metrics); metric; metric = metric->next) {
		const struct json_node *content = node_member(node_member(metric, "other"), "content");
		for (size_t i = 0; i < 4; i++)
			cve_note_vector(reading, source, node_text(node_member(metric, versions[i]), "vectorString"));
		if (source == CVE_CISA && !cve_note_ssvc(reading, node_list(content, "options")))
			return false;
	}
	return true;
}

static bool read_container(struct cve_reading *reading, enum cve_kind source, const struct json_node *container)
{
	const struct json_node *types = node_list(container, "problemTypes");
	for (const struct json_node *type = node_first(types); type; type = type->next) {
		const struct json_node *words = node_list(type, "descriptions");
		for (const struct json_node *word = node_first(words); word; word = word->next)
			if (!cve_note_cwe(reading, node_text(word, "cweId")))
				return false;
	}
	return read_metrics(reading, source, node_list(container, "metrics"));
}

static bool read_additions(struct cve_reading *reading, const struct json_node *list)
{
	for (const struct json_node *container = node_first(list); container; container = container->next) {
		const char *name = node_text(node_member(container, "providerMetadata"), "shortName");
		if (strcmp(name, "CISA-ADP") == 0 && !read_container(reading, CVE_CISA, container))
			return false;
	}
	return true;
}

static const char **read_references(struct cve_reading *reading, const struct json_node *list)
{
	const char **urls = arena_array(&reading->arena, REFERENCES + 1, sizeof *urls);
	size_t count = 0;
	for (const struct json_node *one = node_first(list); urls && one && count < REFERENCES; one = one->next)
		if (*node_text(one, "url"))
			urls[count++] = node_text(one, "url");
	return urls;
}

static int take_record(void *user, const struct cut_place *place, const struct json_node *record,
                       struct tarsier_error *error)
{
	struct cve_reading *reading = user;
	const struct json_node *about = node_member(record, "cveMetadata"), *containers = node_member(record, "containers");
	const struct json_node *cna = node_member(containers, "cna");
	struct cve_text text = {.id = node_text(about, "cveId"), .summary = node_text(cna, "title"),
	                        .details = cve_english(node_list(cna, "descriptions")),
	                        .published = node_text(about, "datePublished"), .modified = node_text(about, "dateUpdated")};
	(void)place;
	cve_reading_reset(reading);
	if (!cve_number(span_of(text.id)) || !cna) {
		reading->sink->unreadable(reading->sink->user, *text.id ? text.id : "a CVE record", "it has no CVE id, or no content");
		return 0;
	}
	if (strcmp(node_text(about, "state"), "REJECTED") == 0)
		return 0;
	char *url = arena_format(&reading->arena, "https://www.cve.org/CVERecord?id=%s", text.id);
	text.url = url;
	text.references = read_references(reading, node_list(cna, "references"));
	bool done = url && text.references && read_container(reading, CVE_CNA, cna) &&
	            read_additions(reading, node_list(containers, "adp"));
	return done ? cve_give(reading, &text, error) : error_memory(error);
}

static int cve_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct cve_reading reading = {.sink = sink, .feed = "cve"};
	struct json_cutter cutter = {.opens = json_opens_list, .take = take_record, .user = &reading, .what = name,
	                             .limit = RECORD_LIMIT};
	arena_init(&reading.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&reading.arena);
	return code;
}

const struct feed feed_cve = {"cve", cve_recognise, cve_read};
