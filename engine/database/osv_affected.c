/* reads what an OSV record says of one package, and helpers shared with the record's reader */
#include "database/osv_reading.h"

#include <string.h>

void *osv_list(struct osv_reading *reading, size_t count, size_t size)
{
	void *list = arena_array(&reading->arena, count, size);
	reading->no_memory = reading->no_memory || !list;
	return list;
}

size_t osv_texts(const json_t *array, const char **list, size_t count, size_t limit)
{
	size_t index;
	json_t *item;
	json_array_foreach(array, index, item) {
		size_t length = json_string_length(item);
		if (length && length <= limit)
			list[count++] = json_string_value(item);
	}
	return count;
}

/* ---- severity ---------------------------------------------------------------------------------------------------- */

const char **osv_severity(struct osv_reading *reading, const json_t *object, const char *other, const char **word)
{
	const json_t *severity = json_list(object, "severity");
	const char **vectors = osv_list(reading, json_array_size(severity) + 2, sizeof *vectors);
	size_t index, count = 0;
	json_t *item;
	if (!vectors)
		return NULL;
	json_array_foreach(severity, index, item) {
		const char *score = json_text(item, "score");
		if (strncmp(json_text(item, "type"), "CVSS", 4) == 0)
			vectors[count++] = score;
		else if (*score)
			*word = score;
	}
	if (other)
		vectors[count] = other;
	return vectors;
}

const char *osv_word_in(const json_t *object, const char *group, const char *key, const char *otherwise)
{
	const char *word = json_text(json_member(object, group), key);
	return *word ? word : otherwise;
}

/* ---- affected ---------------------------------------------------------------------------------------------------- */

static size_t add_events(const json_t *object, struct advisory_event *events, size_t count)
{
	static const char *const kinds[] = {"introduced", "fixed", "last_affected", "limit"};
	for (size_t kind = 0; kind < 4; kind++) {
		const json_t *version = json_object_get(object, kinds[kind]);
		if (json_string_length(version) && json_string_length(version) <= TEXT_LIMIT)
			events[count++] = (struct advisory_event){(enum range_event)kind, json_string_value(version)};
	}
	return count;
}

static void read_range(struct osv_reading *reading, const json_t *json, struct advisory_range *range)
{
	const json_t *events = json_list(json, "events");
	size_t index;
	json_t *event;
	range->events = osv_list(reading, json_array_size(events) * 4, sizeof *range->events);
	if (!range->events)
		return;
	json_array_foreach(events, index, event)
		range->count = add_events(event, range->events, range->count);
}

static void read_ranges(struct osv_reading *reading, const json_t *json, struct affected *affected)
{
	const json_t *ranges = json_list(json, "ranges");
	size_t index;
	json_t *range;
	affected->ranges = osv_list(reading, json_array_size(ranges), sizeof *affected->ranges);
	if (!affected->ranges)
		return;
	json_array_foreach(ranges, index, range) {
		const char *type = json_text(range, "type");
		bool commits = strcmp(type, "GIT") == 0;
		affected->only_commits = affected->only_commits || commits;
		if (strcmp(type, "ECOSYSTEM") != 0 && strcmp(type, "SEMVER") != 0)
			continue;
		struct advisory_range *next = &affected->ranges[affected->range_count];
		read_range(reading, range, next);
		affected->range_count += next->count > 0;
	}
	affected->only_commits = affected->only_commits && affected->range_count == 0;
}

/* Vectors outside the schema's own place for them: RustSec's "cvss": "CVSS:3.1/…", npm's "cvss": {"vectorString"}. */
const char *osv_vector_in(const json_t *specific)
{
	const json_t *cvss = json_object_get(specific, "cvss");
	const char *vector = json_string_length(cvss) ? json_string_value(cvss) : json_text(cvss, "vectorString");
	return *vector && strlen(vector) <= TEXT_LIMIT ? vector : NULL;
}

/* A score without a vector, such as RubySec's "cvss_v3": 9.8, on NVD's scale. */
const char *osv_word_of_score(const json_t *specific)
{
	static const char *const keys[] = {"cvss_v4", "cvss_v3", "cvss_v2"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const json_t *value = json_object_get(specific, keys[i]);
		double score = json_number_value(value);
		if (!json_is_number(value) || score <= 0 || score > 10)
			continue;
		return score >= 9 && i < 2 ? "Critical" : score >= 7 ? "High" : score >= 4 ? "Medium" : "Low";
	}
	return NULL;
}

/* ---- modules ----------------------------------------------------------------------------------------------------- */

static bool is_stream_part(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("_.+-", c));
}

/* "nodejs:20", but not "ALSA-2022:5468:". */
static bool is_stream(span word)
{
	span name, stream;
	if (!span_cut(word, ':', &name, &stream) || !name.len || !stream.len)
		return false;
	for (size_t i = 0; i < word.len; i++)
		if (i != name.len && !is_stream_part(word.ptr[i]))
			return false;
	return true;
}

/* The streams that the summary of a distribution's advisory names: "Moderate: virt:rhel and virt-devel:rhel security
 * update". */
static const char *streams_of_summary(struct osv_reading *reading, const char *summary)
{
	const char *streams = NULL;
	span rest = span_of(summary), word;
	while (span_next(&rest, ' ', &word)) {
		if (!is_stream(word))
			continue;
		streams = arena_format(&reading->arena, "%s%s%.*s", streams ? streams : "", streams ? " " : "", SPAN_ARG(word));
		reading->no_memory = reading->no_memory || !streams;
	}
	return streams;
}

/* The release of a module's rpm contains the module's build: "3.3.1-2.module+el9.4.0+20787+4c237fd3". */
static bool fixed_in_module(const struct affected *affected)
{
	for (size_t i = 0; i < affected->range_count; i++)
		for (size_t j = 0; j < affected->ranges[i].count; j++)
			if (strstr(affected->ranges[i].events[j].version, ".module"))
				return true;
	return false;
}

static const char *read_stream(struct osv_reading *reading, const json_t *record, const json_t *json,
                               const struct affected *affected)
{
	const char *own = json_text(json_member(json, "ecosystem_specific"), "rpm_modularity");
	if (*own)
		return strlen(own) <= TEXT_LIMIT ? own : NULL;
	return fixed_in_module(affected) ? streams_of_summary(reading, json_text(record, "summary")) : NULL;
}

/* ---- one package ------------------------------------------------------------------------------------------------- */

/* GitHub's "<= 1.2.3" and "< 1.2.3", used if no event ends the range: the versions known to be affected and no
 * others. */
static void read_last_known(struct osv_reading *reading, const json_t *json, struct affected *affected)
{
	const char *text = json_text(json_member(json, "database_specific"), "last_known_affected_version_range");
	struct advisory_range *range = affected->range_count == 1 ? &affected->ranges[0] : NULL;
	if (*text != '<' || !range || range->count != 1 || range->events[0].kind != EVENT_INTRODUCED)
		return;
	bool included = text[1] == '=';
	char *version = span_copy(&reading->arena, span_trim(span_of(text + 1 + included)));
	struct advisory_event *events = osv_list(reading, 2, sizeof *events);
	reading->no_memory = reading->no_memory || !version;
	if (reading->no_memory || !*version || strlen(version) > TEXT_LIMIT)
		return;
	events[0] = range->events[0];
	events[1] = (struct advisory_event){included ? EVENT_LAST_AFFECTED : EVENT_LIMIT, version};
	*range = (struct advisory_range){events, 2};
}

/* A distribution's ratings of one package, the most reliable last. */
static const char *read_word(const json_t *json, const char *word)
{
	word = osv_word_in(json, "database_specific", "severity", word);
	word = osv_word_in(json, "ecosystem_specific", "urgency", word);
	word = osv_word_in(json, "ecosystem_specific", "ubuntu_priority", word);
	return osv_word_in(json, "ecosystem_specific", "severity", word);
}

void osv_affected(struct osv_reading *reading, const json_t *record, const json_t *json, struct affected *affected)
{
	const json_t *package = json_member(json, "package"), *versions = json_list(json, "versions");
	const json_t *specific = json_member(json, "database_specific");
	const char *word = NULL;
	affected->ecosystem = json_text(package, "ecosystem");
	affected->name = json_text(package, "name");
	affected->purl = json_text(package, "purl");
	affected->cvss = osv_severity(reading, json, osv_vector_in(specific), &word);
	affected->severity_word = read_word(json, word ? word : osv_word_of_score(specific));
	affected->status = status_of_word(affected->severity_word);
	affected->informational = json_string_length(json_object_get(specific, "informational")) > 0;
	read_ranges(reading, json, affected);
	read_last_known(reading, json, affected);
	affected->stream = read_stream(reading, record, json, affected);
	affected->versions = osv_list(reading, json_array_size(versions) + 1, sizeof *affected->versions);
	if (affected->versions)
		osv_texts(versions, affected->versions, 0, TEXT_LIMIT);
	affected->only_commits = affected->only_commits && affected->versions && !affected->versions[0];
}
