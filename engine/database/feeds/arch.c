#include "database/affected_list.h"
#include "database/record_part.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * Arch Linux's security tracker, https://security.archlinux.org/all.json (issues/all.json is the same):
 *
 *	[ { "name": "AVG-708", "packages": ["wireshark-cli", "wireshark-qt"], "severity": "Critical", "type": "multiple issues",
 *	    "status": "Vulnerable"|"Fixed"|"Not affected"|"Testing"|"Unknown", "affected": "2.6.0-1", "fixed": "2.6.1-1"|null,
 *	    "issues": ["CVE-2018-11362"], "advisories": ["ASA-201805-22"] } ]
 *
 * "affected" is the version that was examined, not the first one that is vulnerable.
 */

enum { VALUE_LIMIT = 8 << 20 };

struct arch {
	struct advisory_sink *sink;
	struct arena arena;          /* memory for one group */
};

static int arch_recognise(span head)
{
	return span_contains(head, "\"packages\"") && span_contains(head, "\"issues\"") && span_contains(head, "\"AVG-") ? 50 : 0;
}

static enum advisory_status status_of(const char *status, const char *fixed)
{
	if (strcmp(status, "Not affected") == 0)
		return STATUS_NOT_AFFECTED;
	if (strcmp(status, "Unknown") == 0)
		return STATUS_UNDER_INVESTIGATION;
	return *fixed ? STATUS_UNSTATED : STATUS_AFFECTED;
}

/* Returns false if memory ran out. */
static bool add_packages(struct arch *arch, const struct json_node *group, struct affected_list *list)
{
	const char *fixed = node_text(group, "fixed"), *id = node_text(group, "name");
	const struct json_node *package = record_list(arch->sink, id, group, "packages");
	for (; package; package = package->next) {
		const char *name = record_text(arch->sink, id, package);
		const struct affected affected = {.ecosystem = "Arch Linux", .name = name, .own = true,
		                                  .severity_word = node_text(group, "severity"),
		                                  .status = status_of(node_text(group, "status"), fixed)};
		if (*name && !affected_list_add(list, &arch->arena, &affected, fixed))
			return false;
	}
	return true;
}

static bool add_names(struct arch *arch, const struct json_node *group, const char *key, struct text_list *names)
{
	const char *id = node_text(group, "name");
	const struct json_node *one = record_list_or_none(arch->sink, id, group, key);
	for (; one; one = one->next)
		if (!text_list_add(names, &arch->arena, record_text(arch->sink, id, one)))
			return false;
	return true;
}

static int give(struct arch *arch, const struct json_node *group, const struct affected_list *list,
                const struct text_list *names, struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const char *id = node_text(group, "name");
	const char *scope = arena_format(&arch->arena, "arch %s", id);
	const char *url = arena_format(&arch->arena, "https://security.archlinux.org/%s", id);
	if (!scope || !url)
		return error_memory(error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = node_text(group, "type"), .details = "", .url = url, .published = "",
		.modified = "", .aliases = text_list_items(names), .cvss = none, .references = none,
		.severity_word = node_text(group, "severity"), .affected = list->items, .affected_count = list->count};
	return arch->sink->advisory(arch->sink->user, &advisory, error);
}

static int take_group(void *user, const struct cut_place *place, const struct json_node *group, struct tarsier_error *error)
{
	struct arch *arch = user;
	struct affected_list list = {0};
	struct text_list names = {0};
	const char *id = node_text(group, "name");
	(void)place;
	arena_reset(&arch->arena);
	if (strncmp(id, "AVG-", 4) != 0) {
		arch->sink->unreadable(arch->sink->user, "an entry", "not a group of Arch's tracker");
		return 0;
	}
	if (!add_packages(arch, group, &list) || !add_names(arch, group, "issues", &names) ||
	    !add_names(arch, group, "advisories", &names))
		return error_memory(error);
	return list.count ? give(arch, group, &list, &names, error) : 0;
}

static int arch_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct arch arch = {.sink = sink};
	struct json_cutter cutter = {.opens = json_opens_list, .take = take_group, .user = &arch, .what = name,
	                             .limit = VALUE_LIMIT};
	arena_init(&arch.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&arch.arena);
	return code;
}

const struct feed feed_arch = {"arch", arch_recognise, arch_read};
