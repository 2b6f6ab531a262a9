#include "database/affected_list.h"
#include "database/record_part.h"
#include "format/cve_id.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * Alpine's security database, https://secdb.alpinelinux.org, and those of Wolfi, Chainguard and MinimOS in its form:
 *
 *	{ "distroversion": "v3.20", "reponame": "main", "urlprefix": "https://dl-cdn.alpinelinux.org/alpine",
 *	  "packages": [ { "pkg": { "name": origin package, "secfixes": {
 *	    version: [ "CVE-2024-1", "CVE-2024-2 GHSA-…" ], "0": ids that never affected it } } } ] }
 *
 * An element names one vulnerability, and may have its other names behind a space. Only Alpine has releases.
 */

enum { DOCUMENT_LIMIT = 192 << 20 };

struct secdb {
	struct advisory_sink *sink;
	struct arena arena;             /* memory for one entry */
	const char *prefix, *ecosystem; /* of ids: "ALPINE" */
	const char *scope;
	const char *name;               /* of the file */
};

static int secdb_recognise(span head)
{
	return span_contains(head, "\"apkurl\"") && span_contains(head, "\"packages\"") ? 50 : 0;
}

/* "CVE-2024-1 GHSA-…" → its names, the CVE first. */
static bool split_names(struct secdb *secdb, const char *entry, struct text_list *names)
{
	span rest = span_of(entry), word;
	while (span_next(&rest, ' ', &word)) {
		if (span_find(word, '-') <= 0 || span_starts(word, "("))
			continue;
		const char *name = span_copy(&secdb->arena, word);
		if (!name || !text_list_add(names, &secdb->arena, name))
			return false;
		const char **first = &names->items[0], **last = &names->items[names->count - 1];
		if (cve_number(word) && !cve_number(span_of(*first))) {
			name = *first;
			*first = *last;
			*last = name;
		}
	}
	return true;
}

static int add_fix(struct secdb *secdb, const char *package, const char *version, const char *entry,
                   struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	struct text_list names = {0};
	arena_reset(&secdb->arena);
	if (!split_names(secdb, entry, &names))
		return error_memory(error);
	if (!names.count) {
		secdb->sink->unreadable(secdb->sink->user, package, "an entry names no vulnerability");
		return 0;
	}
	char *id = arena_format(&secdb->arena, "%s-%s", secdb->prefix, names.items[0]);
	if (!id)
		return error_memory(error);
	bool never = strcmp(version, "0") == 0;
	struct advisory_event events[] = {{EVENT_INTRODUCED, "0"}, {EVENT_FIXED, version}};
	struct advisory_range range = {events, 2};
	struct affected affected = {.ecosystem = secdb->ecosystem, .name = package, .ranges = &range, .range_count = !never,
	                            .cvss = none, .purl = "", .own = true,
	                            .status = never ? STATUS_NOT_AFFECTED : STATUS_UNSTATED};
	const struct advisory advisory = {
		.scope = secdb->scope, .id = id, .summary = "", .details = "", .url = "", .published = "", .modified = "",
		.aliases = text_list_items(&names), .cvss = none, .references = none, .affected = &affected, .affected_count = 1};
	return secdb->sink->advisory(secdb->sink->user, &advisory, error);
}

static int take_package(struct secdb *secdb, const struct json_node *package, struct tarsier_error *error)
{
	const char *name = node_text(package, "name");
	const struct json_node *fixes = node_member(package, "secfixes");
	int code = 0;
	if (!*name || !fixes) {
		secdb->sink->unreadable(secdb->sink->user, *name ? name : secdb->name, "not a package of a secdb");
		return 0;
	}
	for (const struct json_node *fix = fixes->first; fix; fix = fix->next) {
		const struct json_node *entry = record_elements(secdb->sink, name, fix);
		for (; entry && code >= 0; entry = entry->next) {
			const char *names = record_text(secdb->sink, name, entry);
			code = *names ? add_fix(secdb, name, fix->key, names, error) : 0;
		}
	}
	return code;
}

/* Finds the publisher. All use the same format; the address of their packages tells them apart. Returns false if it is
 * Alpine's and names no release, or if memory ran out. */
static bool identify(struct secdb *secdb, struct arena *arena, const struct json_node *document)
{
	static const char *const publishers[][3] = {
		{"wolfi", "WOLFI", "Wolfi"}, {"cgr.dev", "CHAINGUARD", "Chainguard"}, {"chainguard", "CHAINGUARD", "Chainguard"},
		{"mini.dev", "MINIMOS", "MinimOS"}, {"minimos", "MINIMOS", "MinimOS"},
	};
	span address = span_of(node_text(document, "urlprefix"));
	const char *release = node_text(document, "distroversion"), *repository = node_text(document, "reponame");
	secdb->prefix = "ALPINE";
	secdb->ecosystem = NULL;
	for (size_t i = 0; i < sizeof publishers / sizeof *publishers && !secdb->ecosystem; i++)
		if (span_contains(address, publishers[i][0])) {
			secdb->prefix = publishers[i][1];
			secdb->ecosystem = publishers[i][2];
		}
	if (!secdb->ecosystem && *release)
		secdb->ecosystem = arena_format(arena, "Alpine:%s", release);
	secdb->scope = secdb->ecosystem ? arena_format(arena, "secdb %s %s", secdb->ecosystem, repository) : NULL;
	return secdb->scope;
}

static int take_document(void *user, const struct cut_place *place, const struct json_node *document,
                         struct tarsier_error *error)
{
	struct secdb *secdb = user;
	struct arena arena;
	int code = 0;
	(void)place;
	arena_init(&arena, NULL);
	if (!identify(secdb, &arena, document))
		code = error_set(error, TARSIER_FORMAT, "%s: a secdb that does not say of which release it is", secdb->name);
	const struct json_node *package = record_list(secdb->sink, secdb->name, document, "packages");
	for (; package && code >= 0; package = package->next)
		code = take_package(secdb, node_member(package, "pkg"), error);
	arena_free(&arena);
	return code;
}

static int secdb_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct secdb secdb = {.sink = sink, .name = name};
	struct json_cutter cutter = {.take = take_document, .user = &secdb, .what = name, .limit = DOCUMENT_LIMIT};
	arena_init(&secdb.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&secdb.arena);
	return code;
}

const struct feed feed_secdb = {"secdb", secdb_recognise, secdb_read};
