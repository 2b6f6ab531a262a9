#include "database/affected_list.h"
#include "format/cve_id.h"
#include "format/cvss.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * Photon's CVE metadata, https://packages.broadcom.com/photon/photon_cve_metadata/, a file for each release,
 * cve_data_photon4.0.json:
 *
 *	[ { "cve_id": "CVE-2025-9086", "pkg": "curl", "cve_score": 7.5, "aff_ver": "all versions before 8.16.0-1.ph4 are vulnerable",
 *	    "res_ver": "8.16.0-1.ph4"|"NA", "status": "Fixed"|"Not Affected"|… } ]
 *
 * The release stands in the file's name, and in the fixes: ".ph4". There are ids of others, "BDSA-2025-13833", "UNK-1".
 */

enum { VALUE_LIMIT = 1 << 20 };

struct photon {
	struct advisory_sink *sink;
	struct arena arena;          /* memory for one record */
	char release;                /* '4' of 4.0; '\0' until it is known */
};

static int photon_recognise(span head)
{
	bool shape = span_contains(head, "\"cve_id\"") && span_contains(head, "\"aff_ver\"");
	return shape && span_contains(head, "\"res_ver\"") ? 50 : 0;
}

/* The digit behind "photon" or ".ph": '\0' if there is none. */
static char release_in(const char *text, const char *mark)
{
	const char *found = strstr(text, mark);
	char digit = found ? found[strlen(mark)] : '\0';
	return digit >= '1' && digit <= '9' ? digit : '\0';
}

static int give(struct photon *photon, const struct json_node *record, const struct affected_list *list,
                struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const char *name = node_text(record, "cve_id");
	bool cve = cve_number(span_of(name));
	const char *aliases[] = {cve ? name : NULL, NULL};
	const char *id = arena_format(&photon->arena, "PHOTON-%s", name);
	const char *scope = arena_format(&photon->arena, "photon %c.0", photon->release);
	if (!id || !scope)
		return error_memory(error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = "", .details = "", .url = "", .published = "", .modified = "",
		.aliases = aliases, .cvss = none, .references = none, .affected = list->items, .affected_count = list->count};
	return photon->sink->advisory(photon->sink->user, &advisory, error);
}

static int take_record(void *user, const struct cut_place *place, const struct json_node *record, struct tarsier_error *error)
{
	struct photon *photon = user;
	struct affected_list list = {0};
	const char *name = node_text(record, "cve_id"), *package = node_text(record, "pkg"), *fixed = node_text(record, "res_ver");
	double score = node_number(node_get(record, "cve_score"), -1);
	bool not_affected = strcmp(node_text(record, "status"), "Not Affected") == 0;
	char tagged = release_in(fixed, ".ph");
	(void)place;
	arena_reset(&photon->arena);
	photon->release = photon->release ? photon->release : tagged;
	if (!*name || !*package || !photon->release) {
		photon->sink->unreadable(photon->sink->user, *name ? name : "an entry", "without a package, a vulnerability or a release");
		return 0;
	}
	if (!tagged && *fixed && strcmp(fixed, "NA") != 0)
		photon->sink->unreadable(photon->sink->user, name, "its fixed version is of no release");
	const char *ecosystem = arena_format(&photon->arena, "Photon OS:%c.0", photon->release);
	const struct affected affected = {
		.ecosystem = ecosystem, .name = package, .own = true,
		.severity_word = score > 0 ? tarsier_severity_name(severity_of_score(score, 31)) : NULL,
		.status = not_affected ? STATUS_NOT_AFFECTED : tagged ? STATUS_UNSTATED : STATUS_AFFECTED};
	if (!ecosystem || !affected_list_add(&list, &photon->arena, &affected, tagged ? fixed : ""))
		return error_memory(error);
	return give(photon, record, &list, error);
}

static int photon_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	const char *slash = strrchr(name, '/');
	struct photon photon = {.sink = sink, .release = release_in(slash ? slash : name, "photon")};
	struct json_cutter cutter = {.opens = json_opens_list, .take = take_record, .user = &photon, .what = name,
	                             .limit = VALUE_LIMIT};
	arena_init(&photon.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&photon.arena);
	return code;
}

const struct feed feed_photon = {"photon", photon_recognise, photon_read};
