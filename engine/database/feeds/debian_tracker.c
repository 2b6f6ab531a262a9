#include "database/affected_list.h"
#include "format/cve_id.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * The Debian security tracker, https://security-tracker.debian.org/tracker/data/json:
 *
 *	{ SOURCE PACKAGE: { "CVE-2024-6387": {
 *	    "description": text, "scope": "local"|"remote", "debianbug": number,
 *	    "releases": { "bookworm": {
 *	      "status": "open"|"resolved"|"undetermined",
 *	      "fixed_version": version, "0" where it was never affected,
 *	      "urgency": "unimportant"|"low"|"medium"|"high"|"end-of-life"|"not yet assigned", "**" behind it: unconfirmed,
 *	      "nodsa": reason, "nodsa_reason": ""|"postponed"|"ignored",
 *	      "repositories": {…} } } } } }
 *
 * https://security-team.debian.org/security_tracker.html explains the words. Entries without a CVE yet have names like
 * "TEMP-0841856-B18BAF".
 */

enum { VALUE_LIMIT = 8 << 20 };

static int tracker_recognise(span head)
{
	bool shape = span_starts(span_trim(head), "{") && span_contains(head, "\"releases\"");
	return shape && span_contains(head, "\"repositories\"") && span_contains(head, "\"urgency\"") ? 50 : 0;
}

struct tracker {
	struct advisory_sink *sink;
	struct arena arena;            /* memory for one CVE of one package */
};

static const char *ecosystem_of(const char *codename)
{
	static const char *const releases[][2] = {
		{"wheezy", "Debian:7"}, {"jessie", "Debian:8"}, {"stretch", "Debian:9"}, {"buster", "Debian:10"},
		{"bullseye", "Debian:11"}, {"bookworm", "Debian:12"}, {"trixie", "Debian:13"}, {"forky", "Debian:14"},
		{"duke", "Debian:15"},
	};
	for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
		if (strcmp(releases[i][0], codename) == 0)
			return releases[i][1];
	return NULL; /* sid has no number, and images of it call themselves by the next release's name */
}

static enum advisory_status status_of(const struct json_node *release)
{
	const char *status = node_text(release, "status"), *reason = node_text(release, "nodsa_reason");
	enum advisory_status urgency = status_of_word(node_text(release, "urgency"));
	if (strcmp(status, "resolved") == 0 && strcmp(node_text(release, "fixed_version"), "0") == 0)
		return STATUS_NOT_AFFECTED;
	if (strcmp(status, "undetermined") == 0)
		return STATUS_UNDER_INVESTIGATION;
	if (urgency || strcmp(status, "open") != 0)
		return urgency;
	if (strcmp(reason, "postponed") == 0)
		return STATUS_FIX_DEFERRED;
	return strcmp(reason, "ignored") == 0 ? STATUS_WILL_NOT_FIX : STATUS_AFFECTED;
}

/* Adds what the tracker says of a release. Returns false if memory ran out. */
static bool add_release(struct tracker *tracker, const char *package, const struct json_node *release,
                        struct affected_list *list)
{
	const char *ecosystem = ecosystem_of(release->key), *fixed = node_text(release, "fixed_version");
	bool resolved = strcmp(node_text(release, "status"), "resolved") == 0;
	if (!ecosystem)
		return true;
	if (resolved && !*fixed)
		tracker->sink->unreadable(tracker->sink->user, package, "an entry is resolved, but names no fixed version");
	const struct affected affected = {.ecosystem = ecosystem, .name = package, .own = true, .status = status_of(release),
	                                  .severity_word = node_text(release, "urgency")};
	return affected_list_add(list, &tracker->arena, &affected, resolved ? fixed : "");
}

static int take_cve(void *user, const struct cut_place *place, const struct json_node *value, struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	struct tracker *tracker = user;
	const char *package = place->keys[0], *name = place->keys[1];
	const char *aliases[] = {name, NULL};
	struct affected_list list = {0};
	arena_reset(&tracker->arena);
	const struct json_node *releases = node_member(value, "releases");
	if (place->depth != 2 || !releases || !*package || !*name) {
		tracker->sink->unreadable(tracker->sink->user, place->depth ? package : "the document",
		                          "not an entry of the Debian security tracker");
		return 0;
	}
	for (const struct json_node *release = releases->first; release; release = release->next)
		if (!add_release(tracker, package, release, &list))
			return error_memory(error);
	const char *id = arena_format(&tracker->arena, "DEBIAN-%s", name);
	const char *url = arena_format(&tracker->arena, "https://security-tracker.debian.org/tracker/%s", name);
	if (!id || !url)
		return error_memory(error);
	const struct advisory advisory = {
		.scope = "debian-tracker", .id = id, .summary = "", .details = node_text(value, "description"), .url = url,
		.published = "", .modified = "", .aliases = aliases, .cvss = none, .references = none, .affected = list.items,
		.affected_count = list.count};
	return list.count ? tracker->sink->advisory(tracker->sink->user, &advisory, error) : 0;
}

static bool opens(void *user, const struct cut_place *place, bool is_object)
{
	(void)user;
	return is_object && place->depth < 2;
}

static int tracker_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct tracker tracker = {.sink = sink};
	struct json_cutter cutter = {.opens = opens, .take = take_cve, .user = &tracker, .what = name, .limit = VALUE_LIMIT};
	arena_init(&tracker.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&tracker.arena);
	return code;
}

const struct feed feed_debian_tracker = {"debian-tracker", tracker_recognise, tracker_read};
