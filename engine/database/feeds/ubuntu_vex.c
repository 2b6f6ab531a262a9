#include "database/affected_list.h"
#include "database/record_part.h"
#include "format/cve_id.h"
#include "format/date.h"
#include "format/purl.h"
#include "stream/json_read.h"

#include <string.h>

/*
 * Canonical's VEX documents, a file for each CVE and for each notice (USN), in OpenVEX, https://openvex.dev/ns/v0.2.0:
 *
 *	{ "metadata": { "@context", "author": "Canonical Ltd.", "timestamp" },
 *	  "statements": [ { "vulnerability": { "name": "CVE-2025-0167", "description", "aliases": [ids and addresses] },
 *	    "timestamp", "status": "not_affected"|"affected"|"fixed"|"under_investigation", "action_statement": text,
 *	    "products": [ { "@id": "pkg:deb/ubuntu/curl@7.81.0-1ubuntu1.20?arch=source&distro=jammy" } … ] } ] }
 *
 * Only source packages name their release, "esm-infra/bionic" where it is a part of Ubuntu Pro. Binary packages follow
 * their source. The version of what is fixed is the one that fixes it. The documents state no priority: Ubuntu's records
 * in OSV do.
 */

enum { DOCUMENT_LIMIT = 256 << 20 };

struct ubuntu {
	struct advisory_sink *sink;
	struct arena arena;          /* memory for one statement */
	const char *name;            /* of the file */
	const char *modified;        /* of the document */
};

static int vex_recognise(span head)
{
	return span_contains(head, "openvex.dev/ns") && span_contains(head, "\"Canonical Ltd.\"") ? 50 : 0;
}

/* ---- releases ---------------------------------------------------------------------------------------------------- */

/* https://wiki.ubuntu.com/Releases; the documents begin with 14.04. */
static const char *release_of(span codename)
{
	static const char *const releases[][2] = {
		{"trusty", "14.04"}, {"xenial", "16.04"}, {"bionic", "18.04"}, {"focal", "20.04"}, {"hirsute", "21.04"},
		{"impish", "21.10"}, {"jammy", "22.04"}, {"kinetic", "22.10"}, {"lunar", "23.04"}, {"mantic", "23.10"},
		{"noble", "24.04"}, {"oracular", "24.10"}, {"plucky", "25.04"}, {"questing", "25.10"}, {"resolute", "26.04"},
	};
	for (size_t i = 0; i < sizeof releases / sizeof *releases; i++)
		if (span_is(codename, releases[i][0]))
			return releases[i][1];
	return NULL;
}

/* "jammy" → "Ubuntu:22.04", "esm-infra/xenial" → "Ubuntu:Pro:16.04", as OSV writes them. Returns "" for an unknown release
 * or offer, NULL if memory ran out. */
static const char *ecosystem_of(struct ubuntu *vex, span distro)
{
	static const char *const offers[][2] = {
		{"", ""}, {"esm-infra", "Pro:"}, {"esm-apps", "Pro:"}, {"esm-infra-legacy", "Pro:"}, {"fips", "Pro:FIPS:"},
		{"fips-updates", "Pro:FIPS-updates:"}, {"fips-preview", "Pro:FIPS-preview:"}, {"realtime", "Pro:Realtime:"},
		{"bluefield", "Nvidia-BlueField:"},
	};
	ptrdiff_t slash = span_find_last(distro, '/');
	span offer = slash < 0 ? SPAN("") : (span){distro.ptr, (size_t)slash};
	const char *release = release_of(span_from(distro, (size_t)(slash + 1)));
	for (size_t i = 0; i < sizeof offers / sizeof *offers && release; i++)
		if (span_is(offer, offers[i][0]))
			return arena_format(&vex->arena, "Ubuntu:%s%s", offers[i][1], release);
	return "";
}

/* ---- statements -------------------------------------------------------------------------------------------------- */

/* The action's text is the only place where "will not fix" and the end of support are told. */
static enum advisory_status status_of(const struct json_node *statement)
{
	const char *status = node_text(statement, "status"), *action = node_text(statement, "action_statement");
	if (strcmp(status, "not_affected") == 0)
		return STATUS_NOT_AFFECTED;
	if (strcmp(status, "under_investigation") == 0)
		return STATUS_UNDER_INVESTIGATION;
	if (strcmp(status, "affected") != 0)
		return STATUS_UNSTATED;
	if (strstr(action, "no longer supported"))
		return STATUS_END_OF_LIFE;
	if (strstr(action, "decided to not fix"))
		return STATUS_WILL_NOT_FIX;
	return strstr(action, "deferred") ? STATUS_FIX_DEFERRED : STATUS_AFFECTED;
}

/* Returns false if memory ran out. */
static bool add_product(struct ubuntu *vex, const struct json_node *statement, const char *id, struct affected_list *list)
{
	struct purl purl = {.version = ""};
	bool fixed = strcmp(node_text(statement, "status"), "fixed") == 0, source = strstr(id, "arch=source");
	bool parsed = source && purl_parse(&vex->arena, span_of(id), &purl);
	const char *distro = parsed ? purl_qualifier(&vex->arena, &purl, "distro") : "";
	const char *ecosystem = distro ? ecosystem_of(vex, span_of(distro)) : NULL;
	if (!ecosystem)
		return false;
	if (!*id || (source && (!*distro || (fixed && !*purl.version))))
		vex->sink->unreadable(vex->sink->user, *id ? id : vex->name,
		                      "no address of a package that tells its release, and its version if that is fixed");
	bool ours = parsed && strcmp(purl.type, "deb") == 0 && strcmp(purl.name_space, "ubuntu") == 0;
	if (!ours || !*ecosystem || (fixed && !*purl.version))
		return true;
	const struct affected affected = {.ecosystem = ecosystem, .name = purl.name, .own = true, .status = status_of(statement)};
	return affected_list_add(list, &vex->arena, &affected, fixed ? purl.version : "");
}

/* "2025-03-26 02:44:10.025070" → "2025-03-26T02:44:10Z", "2025-02-05" → "2025-02-05T00:00:00Z" */
static const char *time_of(struct arena *arena, const char *time)
{
	if (!date_begins(time))
		return "";
	bool whole = strlen(time) >= 19;
	return arena_format(arena, "%.10sT%.8sZ", time, whole ? time + 11 : "00:00:00");
}

/* The CVE of a document, or those that a notice names; the rest of its aliases are addresses. */
static const char **names_of(struct ubuntu *vex, const struct json_node *vulnerability)
{
	const char *name = node_text(vulnerability, "name");
	const struct json_node *alias = record_list_or_none(vex->sink, name, vulnerability, "aliases");
	const char **names = arena_array(&vex->arena, node_count(node_list(vulnerability, "aliases")) + 2, sizeof *names);
	size_t count = 0;
	if (names && cve_number(span_of(name)))
		names[count++] = name;
	for (; names && alias; alias = alias->next) {
		const char *text = record_text(vex->sink, name, alias);
		if (cve_number(span_of(text)))
			names[count++] = text;
	}
	return names;
}

static int give(struct ubuntu *vex, const struct json_node *statement, const struct affected_list *list,
                struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const struct json_node *vulnerability = node_member(statement, "vulnerability");
	const char *name = node_text(vulnerability, "name");
	bool cve = cve_number(span_of(name));
	const char *id = arena_format(&vex->arena, "%s%s", cve ? "UBUNTU-" : "", name);
	const char *url = arena_format(&vex->arena, "https://ubuntu.com/security/%s%s", cve ? "" : "notices/", name);
	/* A document for each name, so that a later import of some documents replaces only these. */
	const char *scope = arena_format(&vex->arena, "ubuntu-vex %s", name);
	const char *published = time_of(&vex->arena, node_text(statement, "timestamp")), **names = names_of(vex, vulnerability);
	if (!id || !url || !scope || !published || !names)
		return error_memory(error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = "", .details = node_text(vulnerability, "description"), .url = url,
		.published = published, .modified = vex->modified, .aliases = names, .cvss = none, .references = none,
		.affected = list->items, .affected_count = list->count};
	return vex->sink->advisory(vex->sink->user, &advisory, error);
}

static int take_statement(struct ubuntu *vex, const struct json_node *statement, struct tarsier_error *error)
{
	struct affected_list list = {0};
	const char *name = node_text(node_member(statement, "vulnerability"), "name");
	arena_reset(&vex->arena);
	if (!*name) {
		vex->sink->unreadable(vex->sink->user, vex->name, "a statement that names no vulnerability");
		return 0;
	}
	const struct json_node *product = record_list(vex->sink, name, statement, "products");
	for (; product; product = product->next)
		if (!add_product(vex, statement, node_text(product, "@id"), &list))
			return error_memory(error);
	return list.count ? give(vex, statement, &list, error) : 0;
}

static int take_document(void *user, const struct cut_place *place, const struct json_node *document,
                         struct tarsier_error *error)
{
	struct ubuntu *vex = user;
	struct arena arena;
	int code = 0;
	(void)place;
	arena_init(&arena, NULL);
	vex->modified = time_of(&arena, node_text(node_member(document, "metadata"), "timestamp"));
	if (!vex->modified)
		code = error_memory(error);
	const struct json_node *one = record_list(vex->sink, vex->name, document, "statements");
	for (; one && code >= 0; one = one->next)
		code = take_statement(vex, one, error);
	arena_free(&arena);
	return code;
}

static int vex_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct ubuntu vex = {.sink = sink, .name = name};
	struct json_cutter cutter = {.take = take_document, .user = &vex, .what = name, .limit = DOCUMENT_LIMIT};
	arena_init(&vex.arena, NULL);
	int code = json_read(&cutter, stream, error);
	arena_free(&vex.arena);
	return code;
}

const struct feed feed_ubuntu_vex = {"ubuntu-vex", vex_recognise, vex_read};
