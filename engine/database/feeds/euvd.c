#include "database/cve_reading.h"
#include "format/cve_id.h"
#include "stream/json_read.h"

#include <stdio.h>
#include <string.h>

/*
 * The European Vulnerability Database, https://euvd.enisa.europa.eu/apidoc: a record, a list of records, or
 * { "items": [ record ] }. The list of exploited vulnerabilities, /api/exploitedvulnerabilities, has "exploitedSince".
 *
 *	{ "id": "EUVD-2025-0001", "enisaUuid", "aliases": "CVE-2024-56374\nGHSA-…\n", "exploitedSince": "Aug 7, 2025, 7:05:08 PM" }
 *
 * All that are exploited, as CISA ("cisa_kev") and the EU ("eukev_kev") list them, are in /api/kev/dump:
 *
 *	[ { "cveId": "CVE-2021-22555", "euvdId": "EUVD-2021-9696", "dateAdded": "2025-10-06", "sources": ["cisa_kev"] } ]
 */

enum { VALUE_LIMIT = 8 << 20, DATE_SIZE = 32 };

/* OSV records of Julia name EUVD among their sources. */
static int euvd_recognise(span head)
{
	if (span_contains(head, "\"schema_version\""))
		return 0;
	bool known = span_contains(head, "\"id\"") || span_contains(head, "\"euvdId\"");
	return known && span_contains(head, "\"EUVD-") ? 60 : 0;
}

/* "Aug 7, 2025, 7:05:08 PM" → "2025-08-07"; "" for anything else, but RFC 3339 stays. */
static void read_date(const char *text, char date[DATE_SIZE])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char month[4] = "";
	unsigned day = 0, year = 0;
	date[0] = '\0';
	if (sscanf(text, "%4u-%2u-%2u", &year, &day, &day) == 3) {
		snprintf(date, DATE_SIZE, "%.10s", text);
		return;
	}
	if (sscanf(text, "%3[A-Za-z] %2u, %4u", month, &day, &year) != 3 || strlen(month) != 3)
		return;
	const char *found = strstr(months, month);
	if (found && (found - months) % 3 == 0 && day >= 1 && day <= 31 && year >= 1999 && year <= 2999)
		snprintf(date, DATE_SIZE, "%04u-%02u-%02u", year, (unsigned)(found - months) / 3 + 1, day);
}

static bool is_listed(const struct json_node *record, const char *list)
{
	for (const struct json_node *one = node_first(node_list(record, "sources")); one; one = one->next)
		if (node_string(one) && strcmp(node_string(one), list) == 0)
			return true;
	return false;
}

static void complain(struct cve_reading *reading, const char *id, const char *why)
{
	reading->sink->unreadable(reading->sink->user, *id ? id : "an entry of EUVD", why);
}

/* Names other than CVEs are other vulnerabilities' to tell of. */
static int give(struct cve_reading *reading, const char *cve, const char *id, const char *exploited, struct tarsier_error *error)
{
	const struct cve_text text = {.id = cve, .details = ""};
	reading->values[CVE_EUVD] = *id ? id : NULL;
	reading->values[CVE_EXPLOITED] = *exploited ? exploited : NULL;
	if (cve_number(span_of(cve)))
		return cve_give(reading, &text, error);
	if (span_starts(span_of(cve), "CVE-"))
		complain(reading, id, "an entry whose CVE id is not one");
	return 0;
}

/* A day that cannot be read would be none. */
static void read_day(struct cve_reading *reading, const char *id, const char *text, char date[DATE_SIZE])
{
	read_date(text, date);
	if (*text && !*date)
		complain(reading, id, "the day since which it is exploited is not a date");
}

/* An entry of the list of all that are exploited. CISA's own list has CISA's dates. */
static int take_listed(struct cve_reading *reading, const struct json_node *record, struct tarsier_error *error)
{
	char date[DATE_SIZE];
	const char *id = node_text(record, "euvdId");
	bool sane = strncmp(id, "EUVD-", 5) == 0 && strlen(id) <= 32;
	read_day(reading, id, node_text(record, "dateAdded"), date);
	cve_reading_reset(reading);
	return give(reading, node_text(record, "cveId"), sane ? id : "", is_listed(record, "eukev_kev") ? date : "", error);
}

static int take_record(void *user, const struct cut_place *place, const struct json_node *record,
                       struct tarsier_error *error)
{
	struct cve_reading *reading = user;
	const char *id = node_text(record, "id");
	span aliases = span_of(node_text(record, "aliases")), alias;
	char date[DATE_SIZE];
	int code = 0;
	if (place->depth && strcmp(place->keys[0], "total") == 0)
		return 0;
	if (node_get(record, "cveId"))
		return take_listed(reading, record, error);
	if (strncmp(id, "EUVD-", 5) != 0 || strlen(id) > 32) {
		complain(reading, "", "it has no EUVD id");
		return 0;
	}
	const struct json_node *names = node_get(record, "aliases");
	if (names && names->kind != NODE_TEXT && names->kind != NODE_NULL)
		complain(reading, id, "its \"aliases\" are not a text");
	read_day(reading, id, node_text(record, "exploitedSince"), date);
	while (code >= 0 && span_next(&aliases, '\n', &alias)) {
		cve_reading_reset(reading);
		const char *cve = span_copy(&reading->arena, span_trim(alias));
		if (!cve)
			return error_memory(error);
		code = give(reading, cve, id, date, error);
	}
	return code;
}

static bool opens(void *user, const struct cut_place *place, bool is_object)
{
	(void)user;
	return !is_object && (place->depth == 0 || (place->depth == 1 && strcmp(place->keys[0], "items") == 0));
}

/* { "items": … } is opened, and a single record is not: its first member tells which it is. */
static bool opens_items(void *user, const struct cut_place *place, bool is_object)
{
	return opens(user, place, is_object) || (is_object && place->depth == 0);
}

static int euvd_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *whole;
	span head;
	struct cve_reading reading = {.sink = sink, .feed = "euvd"};
	arena_init(&arena, NULL);
	arena_init(&reading.arena, NULL);
	int code = stream_peek(&arena, stream, 64, &head, &whole, error);
	struct json_cutter cutter = {.take = take_record, .user = &reading, .what = name, .limit = VALUE_LIMIT};
	if (code >= 0) {
		cutter.opens = span_contains(head, "\"items\"") ? opens_items : opens;
		code = json_read(&cutter, whole, error);
	}
	arena_free(&reading.arena);
	arena_free(&arena);
	return code;
}

const struct feed feed_euvd = {"euvd", euvd_recognise, euvd_read};
