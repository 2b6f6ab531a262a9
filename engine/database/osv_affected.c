/* reads what an OSV record says of one package, and helpers shared with the record's reader */
#include "database/osv_reading.h"

#include <stdio.h>
#include <string.h>

void *osv_list(struct osv_reading *reading, size_t count, size_t size)
{
	void *list = arena_array(&reading->arena, count, size);
	reading->no_memory = reading->no_memory || !list;
	return list;
}

/* ---- severity ---------------------------------------------------------------------------------------------------- */

const char **osv_severity(struct osv_reading *reading, const struct json_node *object, const char *other,
                          const char **word)
{
	const struct json_node *severity = node_list(object, "severity");
	const char **vectors = osv_list(reading, node_count(severity) + 2, sizeof *vectors);
	size_t count = 0;
	if (!vectors)
		return NULL;
	for (const struct json_node *item = node_first(severity); item; item = item->next) {
		const char *score = node_text(item, "score");
		if (strncmp(node_text(item, "type"), "CVSS", 4) == 0)
			vectors[count++] = score;
		else if (*score)
			*word = score;
	}
	if (other)
		vectors[count] = other;
	return vectors;
}

const char *osv_word_in(const struct json_node *object, const char *group, const char *key, const char *otherwise)
{
	const char *word = node_text(node_member(object, group), key);
	return *word ? word : otherwise;
}

/* ---- affected ---------------------------------------------------------------------------------------------------- */

/* A number counts as it is written. Returns "", which is reported, for anything else that is not a text. */
static const char *version_of(const struct json_node *node)
{
	return node->text ? node->text : "";
}

static size_t add_events(const struct json_node *object, struct advisory_event *events, size_t count)
{
	static const char *const kinds[] = {"introduced", "fixed", "last_affected", "limit"};
	for (size_t kind = 0; kind < 4; kind++) {
		const struct json_node *version = node_get(object, kinds[kind]);
		if (version && version->kind != NODE_NULL)
			events[count++] = (struct advisory_event){(enum range_event)kind, version_of(version)};
	}
	return count;
}

static void read_range(struct osv_reading *reading, const struct json_node *json, struct advisory_range *range)
{
	const struct json_node *events = record_list(reading->sink, reading->id, json, "events");
	range->events = osv_list(reading, node_count(node_list(json, "events")) * 4, sizeof *range->events);
	for (const struct json_node *event = events; event && range->events; event = event->next)
		range->count = add_events(event, range->events, range->count);
}

static void read_ranges(struct osv_reading *reading, const struct json_node *json, struct affected *affected)
{
	const struct json_node *ranges = record_list_or_none(reading->sink, reading->id, json, "ranges");
	affected->ranges = osv_list(reading, node_count(node_list(json, "ranges")), sizeof *affected->ranges);
	for (const struct json_node *range = ranges; range && affected->ranges; range = range->next) {
		const char *type = node_text(range, "type");
		bool commits = strcmp(type, "GIT") == 0, versions = strcmp(type, "ECOSYSTEM") == 0 || strcmp(type, "SEMVER") == 0;
		affected->only_commits = affected->only_commits || commits;
		if (!commits && !versions)
			reading->sink->unreadable(reading->sink->user, reading->id, "a range of a type that is not known");
		if (!versions)
			continue;
		struct advisory_range *next = &affected->ranges[affected->range_count];
		read_range(reading, range, next);
		affected->range_count += next->count > 0;
	}
	affected->only_commits = affected->only_commits && affected->range_count == 0;
}

/* Vectors outside the schema's own place for them: RustSec's "cvss": "CVSS:3.1/…", npm's "cvss": {"vectorString"}. */
const char *osv_vector_in(const struct json_node *specific)
{
	const struct json_node *cvss = node_get(specific, "cvss");
	const char *vector = node_length(cvss) ? node_string(cvss) : node_text(cvss, "vectorString");
	return *vector && strlen(vector) <= NAME_LIMIT ? vector : NULL;
}

/* A score without a vector, such as RubySec's "cvss_v3": 9.8, on NVD's scale. */
const char *osv_word_of_score(const struct json_node *specific)
{
	static const char *const keys[] = {"cvss_v4", "cvss_v3", "cvss_v2"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const struct json_node *value = node_get(specific, keys[i]);
		double score = value && value->kind == NODE_NUMBER ? node_number(value, 0) : 0;
		if (score <= 0 || score > 10)
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
		streams = arena_format(&reading->arena, "%s%s%.*s", streams ? streams : "", streams ? " " : "", SPAN_WHOLE(word));
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

enum { FUNCTIONS_LIMIT = 64 * 1024 }; /* bytes of one record's names: the largest published one has 5,000 */

/* Adds " name", or "path" on a separate line. Returns false if it is not a name, or the buffer is full. */
static bool add_word(struct buffer *text, char before, const char *word)
{
	if (!*word || strpbrk(word, " \n"))
		return false;
	return (!text->length || buffer_add(text, &before, 1)) && buffer_add(text, word, strlen(word));
}

static bool add_list(struct buffer *text, const char *before, const struct json_node *list)
{
	char word[NAME_LIMIT];
	bool ok = true;
	for (const struct json_node *item = node_first(list); item && ok; item = item->next)
		ok = node_length(item) && snprintf(word, sizeof word, "%s%s", before, node_string(item)) < (int)sizeof word &&
		     add_word(text, ' ', word);
	return ok;
}

static bool add_import(struct buffer *text, const struct json_node *import)
{
	const char *path = node_text(import, "path");
	return add_word(text, '\n', path) && add_list(text, "os=", node_list(import, "goos")) &&
	       add_list(text, "arch=", node_list(import, "goarch")) && add_list(text, "", node_list(import, "symbols"));
}

/* What Go's records name as vulnerable: [{ "path": an import path, "goos": [name], "goarch": [name], "symbols": [name] }],
 * as go_functions_state takes it. One of a package without symbols means all of it. Returns NULL if there is
 * nothing, too much, or a name that cannot be read: it is not known then whether it is in a program. */
static const char *read_functions(struct osv_reading *reading, const struct json_node *imports)
{
	struct buffer text;
	bool ok = true;
	buffer_init(&text, &reading->arena.allocator);
	text.limit = FUNCTIONS_LIMIT;
	for (const struct json_node *import = node_first(imports); import && ok; import = import->next)
		ok = add_import(&text, import);
	const char *copy = ok && text.length ? span_copy(&reading->arena, buffer_span(&text)) : NULL;
	reading->no_memory = reading->no_memory || (ok && text.length && !copy);
	buffer_free(&text);
	return copy;
}

static const char *read_stream(struct osv_reading *reading, const struct json_node *record, const struct json_node *json,
                               const struct affected *affected)
{
	const char *own = node_text(node_member(json, "ecosystem_specific"), "rpm_modularity");
	if (*own)
		return strlen(own) <= NAME_LIMIT ? own : NULL;
	if (strcmp(affected->ecosystem, "Go") == 0)
		return read_functions(reading, node_list(node_member(json, "ecosystem_specific"), "imports"));
	return fixed_in_module(affected) ? streams_of_summary(reading, node_text(record, "summary")) : NULL;
}

/* ---- one package ------------------------------------------------------------------------------------------------- */

/* GitHub's "<= 1.2.3" and "< 1.2.3", used if no event ends the range: the versions known to be affected and no
 * others. */
static void read_last_known(struct osv_reading *reading, const struct json_node *json, struct affected *affected)
{
	const char *text = node_text(node_member(json, "database_specific"), "last_known_affected_version_range");
	struct advisory_range *range = affected->range_count == 1 ? &affected->ranges[0] : NULL;
	if (*text != '<' || !range || range->count != 1 || range->events[0].kind != EVENT_INTRODUCED)
		return;
	bool included = text[1] == '=';
	char *version = span_copy(&reading->arena, span_trim(span_of(text + 1 + included)));
	struct advisory_event *events = osv_list(reading, 2, sizeof *events);
	reading->no_memory = reading->no_memory || !version;
	if (reading->no_memory || !*version)
		return;
	events[0] = range->events[0];
	events[1] = (struct advisory_event){included ? EVENT_LAST_AFFECTED : EVENT_LIMIT, version};
	*range = (struct advisory_range){events, 2};
}

/* A distribution's ratings of one package, the most reliable last. */
static const char *read_word(const struct json_node *json, const char *word)
{
	word = osv_word_in(json, "database_specific", "severity", word);
	word = osv_word_in(json, "ecosystem_specific", "urgency", word);
	word = osv_word_in(json, "ecosystem_specific", "ubuntu_priority", word);
	return osv_word_in(json, "ecosystem_specific", "severity", word);
}

static const char **read_versions(struct osv_reading *reading, const struct json_node *json)
{
	const struct json_node *version = record_list_or_none(reading->sink, reading->id, json, "versions");
	const char **list = osv_list(reading, node_count(node_list(json, "versions")) + 1, sizeof *list);
	for (size_t count = 0; version && list; version = version->next)
		list[count++] = version_of(version);
	return list;
}

void osv_affected(struct osv_reading *reading, const struct json_node *record, const struct json_node *json,
                  struct affected *affected)
{
	const struct json_node *package = node_member(json, "package");
	const struct json_node *specific = node_member(json, "database_specific");
	const char *word = NULL;
	affected->ecosystem = node_text(package, "ecosystem");
	affected->name = node_text(package, "name");
	affected->purl = node_text(package, "purl");
	affected->cvss = osv_severity(reading, json, osv_vector_in(specific), &word);
	affected->severity_word = read_word(json, word ? word : osv_word_of_score(specific));
	affected->status = status_of_word(affected->severity_word);
	affected->informational = node_length(node_get(specific, "informational")) > 0;
	read_ranges(reading, json, affected);
	read_last_known(reading, json, affected);
	affected->stream = read_stream(reading, record, json, affected);
	affected->versions = read_versions(reading, json);
	affected->only_commits = affected->only_commits && affected->versions && !affected->versions[0];
}
