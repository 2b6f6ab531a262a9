#include "database/advisory.h"
#include "format/cve_id.h"
#include "format/date.h"
#include "format/json_tree.h"
#include "format/json_head.h"

#include <string.h>

/*
 * CISA's catalogue of known exploited vulnerabilities, as JSON and as CSV (RFC 4180):
 *
 *	{ "catalogVersion", "dateReleased", "count",
 *	  "vulnerabilities": [{ "cveID", "dateAdded", "dueDate", "knownRansomwareCampaignUse" }] }
 *
 *	cveID,vendorProject,…,dateAdded,…,dueDate,knownRansomwareCampaignUse,…
 */

enum { KEV_LIMIT = 64 << 20 };  /* the catalogue has 1.3 MiB and gains 0.2 a year */
enum { KEV_COLUMNS = 64 };

static int kev_recognise(span head)
{
	struct json_head names = {.rest = head};
	span name;
	bool catalogue = false, other = false;
	if (!span_contains(head, "cveID"))
		return 0; /* both forms have it; members are walked only then */
	while (json_head_next(&names, &name)) {
		catalogue = catalogue || span_is(name, "catalogVersion") || span_is(name, "vulnerabilities");
		other = other || span_is(name, "document"); /* CSAF also has vulnerabilities */
	}
	if (catalogue && !other && span_contains(head, "\"cveID\""))
		return 10;
	span line, rest;
	span_cut(head, '\n', &line, &rest);
	if (span_starts(line, "\xEF\xBB\xBF"))
		line = span_from(line, 3);
	return span_starts(line, "cveID,") && span_contains(line, "dateAdded") ? 10 : 0;
}

static int put(struct advisory_sink *sink, const char *id, const char *added, const char *due, const char *ransomware,
               struct tarsier_error *error)
{
	struct kev kev = {.id = id, .added = added, .due = date_begins(due) ? due : "",
	                  .ransomware = strcmp(ransomware, "Known") == 0};
	if (cve_number(span_of(id)) && date_begins(added))
		return sink->kev(sink->user, &kev, error);
	sink->unreadable(sink->user, *id ? id : "an entry of the KEV catalogue", "no CVE id with the day it was added");
	return 0;
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

static int read_catalogue(const struct json_node *document, const char *name, struct advisory_sink *sink,
                          struct tarsier_error *error)
{
	const struct json_node *entries = node_list(document, "vulnerabilities");
	const char *released = node_text(document, "dateReleased");
	size_t promised = (size_t)node_number(node_get(document, "count"), 0);
	int code = 0;
	if (!entries)
		return error_set(error, TARSIER_FORMAT, "%s: the KEV catalogue has no list of vulnerabilities", name);
	if (promised && promised != node_count(entries))
		return error_set(error, TARSIER_FORMAT, "%s: the catalogue says that it has %zu entries, and has %zu", name,
		                 promised, node_count(entries));
	if (date_begins(released))
		code = sink->dated(sink->user, "kev", released, error);
	for (const struct json_node *entry = node_first(entries); entry && code >= 0; entry = entry->next)
		code = put(sink, node_text(entry, "cveID"), node_text(entry, "dateAdded"), node_text(entry, "dueDate"),
		           node_text(entry, "knownRansomwareCampaignUse"), error);
	return code;
}

static int read_json(span text, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct arena arena;
	const struct json_node *document;
	arena_init(&arena, NULL);
	int code = json_tree(&arena, text, KEV_LIMIT, name, &document, error);
	if (code >= 0)
		code = read_catalogue(document, name, sink, error);
	arena_free(&arena);
	return code;
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

/* Reads one record. Unquotes in place and ends each field with a NUL, which replaces the separator. Returns the number
 * of fields; 0 at the end of the text. Fields after the last column are skipped. */
static size_t next_record(char **at, char *end, char *fields[KEV_COLUMNS])
{
	size_t count = 0;
	char *in = *at;
	if (in == end)
		return 0;
	for (bool more = true; more; ) {
		char *out = in, *field = in;
		bool quoted = false;
		for (; in < end && (quoted || (*in != ',' && *in != '\n')); in++) {
			if (*in != '"')
				*out++ = *in;
			else if (quoted && in + 1 < end && in[1] == '"')
				*out++ = *in++;
			else
				quoted = !quoted;
		}
		more = in < end && *in == ',';
		if (out > field && out[-1] == '\r' && !more)
			out--;
		in += in < end;
		*out = '\0';
		if (count < KEV_COLUMNS)
			fields[count++] = field;
	}
	*at = in;
	return count;
}

static const char *field_named(char **header, size_t columns, char **fields, size_t count, const char *name)
{
	for (size_t i = 0; i < columns && i < count; i++)
		if (strcmp(header[i], name) == 0)
			return fields[i];
	return "";
}

/* The text is modified, and must have room for one byte after `length`. */
static int read_csv(char *text, size_t length, struct advisory_sink *sink, struct tarsier_error *error)
{
	char *header[KEV_COLUMNS], *fields[KEV_COLUMNS], *at = text, *end = text + length;
	char newest[11] = "";
	size_t columns = next_record(&at, end, header), count;
	int code = 0;
	while (code >= 0 && (count = next_record(&at, end, fields)) > 0) {
		const char *added = field_named(header, columns, fields, count, "dateAdded");
		if (count == 1 && !*fields[0])
			continue;
		code = put(sink, fields[0], added, field_named(header, columns, fields, count, "dueDate"),
		           field_named(header, columns, fields, count, "knownRansomwareCampaignUse"), error);
		if (date_begins(added) && strncmp(added, newest, 10) > 0)
			memcpy(newest, added, 10);
	}
	if (code >= 0 && *newest) /* the CSV has no release date: its newest entry is a lower bound */
		code = sink->dated(sink->user, "kev", newest, error);
	return code;
}

static int kev_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct buffer text;
	buffer_init(&text, NULL);
	int code = stream_read_all(stream, &text, KEV_LIMIT, error);
	size_t length = text.length;
	if (code >= 0 && !buffer_add(&text, "", 1))
		code = error_memory(error);
	if (code >= 0 && span_starts(buffer_span(&text), "\xEF\xBB\xBF"))
		text.data[0] = text.data[1] = text.data[2] = ' ';
	if (code >= 0) {
		char *start = text.data + strspn(text.data, " \t\r\n");
		length -= (size_t)(start - text.data);
		code = *start == '{' ? read_json((span){start, length}, name, sink, error) : read_csv(start, length, sink, error);
	}
	buffer_free(&text);
	return code;
}

const struct feed feed_kev = {"kev", kev_recognise, kev_read};
