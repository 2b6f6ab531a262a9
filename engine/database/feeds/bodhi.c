#include "database/affected_list.h"
#include "database/record_part.h"
#include "format/cve_id.h"
#include "format/date.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * Fedora's updates as Bodhi answers, https://bodhi.fedoraproject.org/docs/server_api/rest/updates.html: a list of updates, or
 * { "updates": [ update ] }.
 *
 *	{ "alias": "FEDORA-2023-5911638116", "type": "security", "severity": "high", "status": "stable"|"testing"|"obsolete"|…,
 *	  "content_type": "rpm", "title", "notes", "url", "date_submitted": "2023-11-24 17:15:38", "date_modified",
 *	  "release": { "id_prefix": "FEDORA", "version": "38" }, "bugs": [ { "title": "CVE-2023-2603 libcap: …" } ],
 *	  "builds": [ { "nvr": "libcap-2.48-7.fc38", "epoch": 0 } ] }
 *
 * CVEs stand in the titles of bugs only. Builds are source packages.
 */

enum { VALUE_LIMIT = 64 << 20 };

struct bodhi {
	struct advisory_sink *sink;
	struct arena arena;          /* memory for one update */
	const char *id;              /* of the update */
};

static int bodhi_recognise(span head)
{
	bool update = span_contains(head, "\"alias\"") && span_contains(head, "\"FEDORA-");
	return update && (span_contains(head, "\"bugs\"") || span_contains(head, "\"builds\"")) ? 50 : 0;
}

/* Returns 0 if there is none, and -1 if it is not one. rpm's have 32 bits. */
static double epoch_of(const struct json_node *build)
{
	const struct json_node *node = node_get(build, "epoch");
	double epoch = !node || node->kind == NODE_NULL ? 0 : node_number(node, -1);
	return epoch <= INT32_MAX ? epoch : -1;
}

/* "libcap-2.48-7.fc38" → its name and its version with the epoch. Returns false if memory ran out. */
static bool add_build(struct bodhi *bodhi, const struct json_node *build, const struct affected *update,
                      struct affected_list *list)
{
	span nvr = span_of(node_text(build, "nvr"));
	ptrdiff_t release = span_find_last(nvr, '-');
	ptrdiff_t version = release > 0 ? span_find_last((span){nvr.ptr, (size_t)release}, '-') : -1;
	double epoch = epoch_of(build);
	if (version <= 0 || epoch < 0) {
		bodhi->sink->unreadable(bodhi->sink->user, bodhi->id, "a build without a name, a version, a release or a valid epoch");
		return true;
	}
	struct affected affected = *update;
	affected.name = span_copy(&bodhi->arena, (span){nvr.ptr, (size_t)version});
	const char *fixed = epoch >= 1
		? arena_format(&bodhi->arena, "%d:%s", (int)epoch, nvr.ptr + version + 1) : nvr.ptr + version + 1;
	return affected.name && fixed && affected_list_add(list, &bodhi->arena, &affected, fixed);
}

static bool add_cves(struct bodhi *bodhi, const struct json_node *update, struct text_list *names)
{
	const struct json_node *bug = record_list_or_none(bodhi->sink, bodhi->id, update, "bugs");
	for (; bug; bug = bug->next) {
		span rest = span_of(node_text(bug, "title")), cve;
		while (cve_next(&rest, &cve)) {
			const char *name = span_copy(&bodhi->arena, cve);
			if (!name || !text_list_add(names, &bodhi->arena, name))
				return false;
		}
	}
	return true;
}

/* "2023-11-24 17:15:38" → "2023-11-24T17:15:38Z" */
static const char *time_of(struct bodhi *bodhi, const char *time)
{
	bool whole = date_begins(time) && strlen(time) >= 19;
	return whole ? arena_format(&bodhi->arena, "%.10sT%.8sZ", time, time + 11) : "";
}

static int give(struct bodhi *bodhi, const struct json_node *update, const struct affected_list *list,
                const struct text_list *names, struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const char *id = bodhi->id, *modified = node_text(update, "date_modified");
	const char *scope = arena_format(&bodhi->arena, "bodhi %s", id);
	const char *published = time_of(bodhi, node_text(update, "date_submitted"));
	modified = time_of(bodhi, *modified ? modified : node_text(update, "date_submitted"));
	if (!scope || !published || !modified)
		return error_memory(error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = node_text(update, "title"), .details = node_text(update, "notes"),
		.url = node_text(update, "url"), .published = published, .modified = modified, .aliases = text_list_items(names),
		.cvss = none, .references = none, .severity_word = node_text(update, "severity"), .affected = list->items,
		.affected_count = list->count};
	return bodhi->sink->advisory(bodhi->sink->user, &advisory, error);
}

/* Withdrawn updates, modules, containers, and EPEL are left out. */
static bool is_wanted(const struct json_node *update, const struct json_node *release)
{
	const char *status = node_text(update, "status");
	bool gone = strcmp(status, "unpushed") == 0 || strcmp(status, "obsolete") == 0;
	return !gone && strcmp(node_text(update, "content_type"), "rpm") == 0 &&
	       strcmp(node_text(release, "id_prefix"), "FEDORA") == 0;
}

/* Returns false if memory ran out. */
static bool add_builds(struct bodhi *bodhi, const struct json_node *update, struct affected_list *list)
{
	const struct json_node *build = record_list(bodhi->sink, bodhi->id, update, "builds");
	const char *version = node_text(node_member(update, "release"), "version");
	const struct affected affected = {.ecosystem = arena_format(&bodhi->arena, "Fedora:%s", version),
	                                  .severity_word = node_text(update, "severity")};
	bool done = affected.ecosystem;
	for (; build && done; build = build->next)
		done = add_build(bodhi, build, &affected, list);
	return done;
}

static int take_update(void *user, const struct cut_place *place, const struct json_node *update, struct tarsier_error *error)
{
	struct bodhi *bodhi = user;
	struct affected_list list = {0};
	struct text_list names = {0};
	const struct json_node *release = node_member(update, "release");
	bodhi->id = node_text(update, "alias");
	if (place->depth && *place->keys[0] && strcmp(place->keys[0], "updates") != 0)
		return 0; /* the page's number */
	arena_reset(&bodhi->arena);
	bool stated = *node_text(release, "id_prefix") && *node_text(release, "version");
	if (strncmp(bodhi->id, "FEDORA-", 7) != 0 || !stated) {
		bodhi->sink->unreadable(bodhi->sink->user, *bodhi->id ? bodhi->id : "an update", "it has no id, or names no release");
		return 0;
	}
	if (!is_wanted(update, release))
		return 0;
	if (!add_cves(bodhi, update, &names) || !add_builds(bodhi, update, &list))
		return error_memory(error);
	bool news = strcmp(node_text(update, "type"), "security") != 0 && !names.count;
	return news || !list.count ? 0 : give(bodhi, update, &list, &names, error);
}

static bool opens(void *user, const struct cut_place *place, bool is_object)
{
	(void)user;
	return place->depth == 0 || (place->depth == 1 && !is_object && strcmp(place->keys[0], "updates") == 0);
}

/* A single update would be opened as a page: its members are then no updates. */
static bool opens_list(void *user, const struct cut_place *place, bool is_object)
{
	return !is_object && opens(user, place, is_object);
}

static int bodhi_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *whole;
	span head;
	struct bodhi bodhi = {.sink = sink};
	arena_init(&arena, NULL);
	arena_init(&bodhi.arena, NULL);
	int code = stream_peek(&arena, stream, 4096, &head, &whole, error);
	struct json_cutter cutter = {.take = take_update, .user = &bodhi, .what = name, .limit = VALUE_LIMIT};
	if (code >= 0) {
		cutter.opens = span_contains(head, "\"updates\"") ? opens : opens_list;
		code = json_read(&cutter, whole, error);
	}
	arena_free(&bodhi.arena);
	arena_free(&arena);
	return code;
}

const struct feed feed_bodhi = {"bodhi", bodhi_recognise, bodhi_read};
