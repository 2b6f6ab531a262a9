#include "base/map.h"
#include "database/affected_list.h"
#include "database/oval_criterion.h"
#include "database/record_part.h"
#include "format/cve_id.h"
#include "format/date.h"
#include "stream/xml_read.h"

#include <string.h>

/*
 * OVAL definitions, https://oval.mitre.org/language/version5.11/, as Oracle, SUSE, Azure Linux, AlmaLinux and Photon publish
 * them:
 *
 *	<oval_definitions><definitions><definition class="patch" id="oval:com.oracle.elsa:def:20070057"><metadata>
 *	  <title/><affected><platform>Oracle Linux 5</platform></affected><description/>
 *	  <reference source="CVE" ref_id="CVE-2007-0493" ref_url=""/>
 *	  <advisory><severity/><issued date="2007-06-26"/><updated date=""/><cve cvss3="7.5/CVSS:3.1/AV:N…">CVE-…</cve></advisory>
 *	</metadata><criteria operator="AND"><criterion comment="Oracle Linux 5 is installed"/>
 *	  <criteria operator="OR"><criterion comment="bind is earlier than 30:9.3.3-8.el5"/>…
 *
 * oval_criterion.h tells what comments say. The packages of a group are meant for its releases.
 */

enum { TEXT_LIMIT = 1 << 20, DEFINITION_LIMIT = 256 << 20 }; /* bytes of a text; of memory for one definition */

enum field { TITLE, DESCRIPTION, SEVERITY, ADVISORY_DATE, PLATFORM, FIELDS };
static const char *const fields[FIELDS] = {"title", "description", "severity", "advisory_date", "platform"};

/* The publishers, by the first part of a definition's id. */
static const struct oval_publisher { const char *ids, *prefix, *tag; bool advisories, by_file; } publishers[] = {
	{.ids = "oval:com.oracle.", .prefix = "ELSA", .tag = "", .advisories = true},
	{.ids = "oval:org.almalinux.", .prefix = "ALSA", .tag = "", .advisories = true},
	{.ids = "oval:com.vmware.phsa:", .prefix = "PHSA", .tag = ""}, /* an advisory is several definitions */
	{.ids = "oval:org.opensuse.security:", .prefix = "SUSE", .tag = "", .by_file = true}, /* each tells of the same CVEs */
	{.ids = "oval:com.microsoft.azurelinux:", .prefix = "AZL", .tag = ".azl"}, /* only the file's name tells the release */
	{.ids = "oval:com.microsoft.cbl-mariner:", .prefix = "AZL", .tag = ".cm"},
};

struct fix { const char *name, *version, *above, *module; enum advisory_status status; bool last; };

/* What the open <criteria> have, without what inner ones have given already. */
struct group { size_t releases, fixes; bool release_named, all; const char *module; };

struct oval {
	struct advisory_sink *sink;
	const char *name;              /* of the file */
	struct arena arena;            /* memory for one definition */
	const struct oval_publisher *publisher; /* of the definition; NULL outside, and if it is unknown */
	const char *definition, *texts[FIELDS], *issued, *updated, *advisory, *url; /* "" if absent */
	bool names_package;            /* the definition */
	const char *release;           /* "3" of azurelinux-3.0-oval.xml */
	struct text_list aliases, references, vectors;
	struct group groups[XML_DEPTH];
	size_t depth;
	const char **releases;
	struct fix *fixes;
	size_t release_count, release_room, fix_count, fix_room;
	struct map known;              /* ecosystem and all of a fix: architectures repeat them */
	struct affected_list list;
};

static const struct oval_publisher *publisher_of(span id)
{
	for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++)
		if (span_starts(id, publishers[i].ids))
			return &publishers[i];
	return NULL;
}

static int oval_recognise(span head)
{
	if (!xml_begins(head) || !span_contains(head, "oval_definitions"))
		return 0;
	for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++)
		if (span_contains(head, publishers[i].ids))
			return 50;
	return 0;
}

/* ---- criteria ---------------------------------------------------------------------------------------------------- */

static void complain(const struct oval *oval, const char *why)
{
	oval->sink->unreadable(oval->sink->user, *oval->definition ? oval->definition : oval->name, why);
}

/* Builds for Ksplice and FIPS have a higher epoch than the others of their version: a fix in them says nothing of these. */
static bool is_other_build(span version)
{
	return span_contains(version, ".ksplice") || span_contains(version, "_fips");
}

static bool add_fix(struct oval *oval, const struct oval_criterion *says)
{
	span version = span_starts(says->version, "0:") ? span_from(says->version, 2) : says->version;
	bool odd = span_find(says->name, ' ') >= 0 || (!version.len && !says->status);
	oval->names_package = true;
	if (odd)
		complain(oval, "a criterion without a package or its version");
	if (odd || is_other_build(version))
		return true;
	oval->fixes = arena_grow(&oval->arena, oval->fixes, oval->fix_count, &oval->fix_room, sizeof *oval->fixes);
	if (!oval->fixes)
		return false;
	struct fix *fix = &oval->fixes[oval->fix_count++];
	const char *tag = version.len ? oval->publisher->tag : "";
	*fix = (struct fix){.status = says->status, .last = says->last, .name = span_copy(&oval->arena, says->name), .above = "0",
	                    .version = arena_format(&oval->arena, "%.*s%s%s", SPAN_WHOLE(version), tag, *tag ? oval->release : "")};
	return fix->name && fix->version;
}

static bool add_release(struct oval *oval, struct group *group, span name)
{
	const char *ecosystem = oval_ecosystem(&oval->arena, name);
	group->release_named = true;
	if (!ecosystem || !*ecosystem)
		return ecosystem != NULL;
	oval->releases = arena_grow(&oval->arena, oval->releases, oval->release_count, &oval->release_room, sizeof *oval->releases);
	if (oval->releases)
		oval->releases[oval->release_count++] = ecosystem;
	return oval->releases != NULL;
}

/* "golang is greater than 1.19.0" beside "golang is earlier than 1.20.7-1" */
static bool add_lower_bound(struct oval *oval, const struct group *group, const struct oval_criterion *says)
{
	const char *above = span_copy(&oval->arena, says->version);
	for (size_t i = group->fixes; i < oval->fix_count && above; i++)
		if (span_is(says->name, oval->fixes[i].name) && *above)
			oval->fixes[i].above = above;
	return above != NULL;
}

static bool add_criterion(struct oval *oval, const char *comment)
{
	const struct oval_criterion says = oval_criterion(span_of(comment));
	struct group *group = oval->depth ? &oval->groups[oval->depth - 1] : NULL;
	if (!group) {
		complain(oval, "a criterion outside of all criteria");
		return true;
	}
	switch (says.kind) {
	case OVAL_RELEASE: return add_release(oval, group, says.name);
	case OVAL_MODULE: return (group->module = span_copy(&oval->arena, says.name)) != NULL;
	case OVAL_PACKAGE: return add_fix(oval, &says);
	case OVAL_ABOVE: return add_lower_bound(oval, group, &says);
	default: return true;
	}
}

static bool give_fix(struct oval *oval, const char *ecosystem, const struct fix *fix)
{
	const char *key = arena_format(&oval->arena, "%s\n%s\n%s\n%s\n%s\n%d%d", ecosystem, fix->name, fix->version, fix->above,
	                               fix->module ? fix->module : "", fix->last, (int)fix->status);
	if (!key || map_get(&oval->known, span_of(key)))
		return key != NULL;
	const struct affected affected = {.ecosystem = ecosystem, .name = fix->name, .severity_word = oval->texts[SEVERITY],
	                                  .status = fix->status, .stream = fix->module, .own = true};
	if (!map_put(&oval->known, span_of(key), oval) || !affected_list_add(&oval->list, &oval->arena, &affected, fix->version))
		return false;
	struct advisory_event *events = oval->list.items[oval->list.count - 1].ranges[0].events;
	events[0].version = fix->above;
	events[1].kind = fix->last ? EVENT_LAST_AFFECTED : EVENT_FIXED;
	return true;
}

static void begin_group(struct oval *oval, const char **attributes)
{
	bool all = strcmp(xml_attribute(attributes, "operator"), "OR") != 0;
	if (oval->depth < XML_DEPTH)
		oval->groups[oval->depth++] = (struct group){.releases = oval->release_count, .fixes = oval->fix_count, .all = all};
}

/* Packages that are beside a release are for it. Otherwise both belong to the group around this one. */
static bool end_group(struct oval *oval)
{
	if (!oval->depth)
		return true;
	const struct group *group = &oval->groups[--oval->depth];
	struct group *outer = oval->depth ? &oval->groups[oval->depth - 1] : NULL;
	for (size_t i = group->fixes; i < oval->fix_count && group->module; i++)
		oval->fixes[i].module = group->module;
	if (!group->all || !group->release_named || group->fixes == oval->fix_count) {
		if (outer)
			outer->release_named = outer->release_named || group->release_named;
		return true;
	}
	for (size_t i = group->releases; i < oval->release_count; i++)
		for (size_t j = group->fixes; j < oval->fix_count; j++)
			if (!give_fix(oval, oval->releases[i], &oval->fixes[j]))
				return false;
	oval->release_count = group->releases;
	oval->fix_count = group->fixes;
	return true;
}

/* ---- definitions ------------------------------------------------------------------------------------------------- */

static bool add_reference(struct oval *oval, const char **attributes)
{
	const char *source = xml_attribute(attributes, "source"), *id = xml_attribute(attributes, "ref_id");
	const char *url = xml_attribute(attributes, "ref_url"), *cve = strstr(id, "CVE-");
	if (cve && !text_list_add(&oval->aliases, &oval->arena, cve))
		return false;
	if (!strstr(source, "CVE") && !*oval->advisory && *id) {
		oval->advisory = arena_string(&oval->arena, id);
		oval->url = arena_string(&oval->arena, url);
	}
	bool keep = *url && strlen(url) <= 1024;
	return oval->advisory && oval->url && (!keep || text_list_add(&oval->references, &oval->arena, url));
}

/* "7.5/CVSS:3.1/AV:N/…" and "CVSS:3.0/AV:N/…" */
static bool add_vector(struct oval *oval, const char **attributes)
{
	const char *vector = strstr(xml_attribute(attributes, "cvss3"), "CVSS:");
	return !vector || text_list_add(&oval->vectors, &oval->arena, vector);
}

/* The id of a definition: its advisory's ("ELSA-2007-0057"), that of its CVE ("SUSE-CVE-2010-2322"), else its own number. */
static const char *id_of(struct oval *oval)
{
	const char *title = oval->texts[TITLE], *number = strrchr(oval->definition, ':'), *prefix = oval->publisher->prefix;
	if (*oval->advisory && oval->publisher->advisories)
		return oval->advisory;
	if (cve_number(span_of(title)))
		return arena_format(&oval->arena, "%s-%s", prefix, title);
	return arena_format(&oval->arena, "%s-%s", prefix, number ? number + 1 : oval->definition);
}

/* Publishers split their definitions into files as they like: a later import of some replaces only those in them. */
static const char *scope_of(struct oval *oval, const char *id)
{
	const char *slash = strrchr(oval->name, '/'), *file = slash ? slash + 1 : oval->name;
	bool by_file = oval->publisher->by_file;
	return arena_format(&oval->arena, "oval %s%s%s", id, by_file ? " " : "", by_file ? file : "");
}

static void begin_definition(struct oval *oval)
{
	arena_reset(&oval->arena);
	for (size_t i = 0; i < FIELDS; i++)
		oval->texts[i] = "";
	oval->definition = oval->issued = oval->updated = oval->advisory = oval->url = "";
	oval->aliases = oval->references = oval->vectors = (struct text_list){0};
	oval->releases = NULL;
	oval->fixes = NULL;
	oval->depth = oval->release_count = oval->release_room = oval->fix_count = oval->fix_room = 0;
	oval->names_package = false;
	oval->known = (struct map){.arena = &oval->arena};
	oval->list = (struct affected_list){0};
}

/* Fixes outside of groups with a release are for the release of the file. */
static bool give_rest(struct oval *oval)
{
	const char *ecosystem = *oval->publisher->tag ? arena_format(&oval->arena, "Azure Linux:%s", oval->release)
	                      : oval_ecosystem(&oval->arena, span_of(oval->texts[PLATFORM]));
	for (size_t i = 0; i < oval->fix_count && ecosystem && *ecosystem; i++)
		if (!give_fix(oval, ecosystem, &oval->fixes[i]))
			return false;
	return ecosystem != NULL;
}

static int end_definition(struct oval *oval, struct tarsier_error *error)
{
	const char *id = give_rest(oval) ? id_of(oval) : NULL;
	const char *updated = *oval->updated ? oval->updated : *oval->texts[ADVISORY_DATE] ? oval->texts[ADVISORY_DATE] : oval->issued;
	if (!id)
		return record_no_memory(&oval->arena, error);
	if (oval->aliases.count && !oval->names_package)
		complain(oval, "no criterion names a package");
	if (!oval->aliases.count || !oval->list.count)
		return 0; /* about bug fixes, or products that are not read */
	const char *scope = scope_of(oval, id);
	const char *cve = cve_number(span_of(oval->texts[TITLE])) ? "" : oval->texts[TITLE];
	const char **references = text_list_items(&oval->references);
	if (!scope)
		return record_no_memory(&oval->arena, error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = cve, .details = oval->texts[DESCRIPTION],
		.url = *oval->url ? oval->url : references[0] ? references[0] : "", .published = oval->issued, .modified = updated,
		.aliases = text_list_items(&oval->aliases), .cvss = text_list_items(&oval->vectors), .references = references,
		.severity_word = oval->texts[SEVERITY], .affected = oval->list.items, .affected_count = oval->list.count};
	return oval->sink->advisory(oval->sink->user, &advisory, error);
}

/* ---- elements ---------------------------------------------------------------------------------------------------- */

/* "azurelinux-3.0-oval.xml" → "3". Its definitions do not say of which release they are. */
static int find_release(struct oval *oval, struct tarsier_error *error)
{
	const char *slash = strrchr(oval->name, '/'), *file = slash ? slash + 1 : oval->name;
	const char *dot = strstr(file, ".0-oval");
	if (*oval->release || !*oval->publisher->tag)
		return 0;
	if (!dot || dot == file || dot[-1] < '1' || dot[-1] > '9')
		return error_set(error, TARSIER_FORMAT, "only the name of this OVAL file tells the release, and should end as Microsoft's "
		                 "does: azurelinux-3.0-oval.xml");
	static const char numbers[][2] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};
	oval->release = numbers[dot[-1] - '1'];
	return 0;
}

static int start_definition(struct oval *oval, const char **attributes, struct tarsier_error *error)
{
	const char *id = xml_attribute(attributes, "id");
	begin_definition(oval);
	oval->publisher = publisher_of(span_of(id));
	oval->definition = arena_string(&oval->arena, id);
	if (!oval->publisher) {
		oval->sink->unreadable(oval->sink->user, oval->name, "a definition of a publisher that is not known");
		return 0;
	}
	return oval->definition ? find_release(oval, error) : record_no_memory(&oval->arena, error);
}

/* "2007-06-26" → "2007-06-26T00:00:00Z" */
static bool take_date(struct oval *oval, const char **date, const char **attributes)
{
	const char *text = xml_attribute(attributes, "date");
	if (date_begins(text))
		*date = arena_format(&oval->arena, "%.10sT00:00:00Z", text);
	return *date != NULL;
}

static int on_start(void *user, const char *name, const char **attributes, struct tarsier_error *error)
{
	struct oval *oval = user;
	bool done = true;
	if (strcmp(name, "definition") == 0)
		return start_definition(oval, attributes, error);
	if (!oval->publisher)
		return 0;
	if (strcmp(name, "criteria") == 0)
		begin_group(oval, attributes);
	else if (strcmp(name, "criterion") == 0)
		done = add_criterion(oval, xml_attribute(attributes, "comment"));
	else if (strcmp(name, "reference") == 0)
		done = add_reference(oval, attributes);
	else if (strcmp(name, "issued") == 0)
		done = take_date(oval, &oval->issued, attributes);
	else if (strcmp(name, "updated") == 0)
		done = take_date(oval, &oval->updated, attributes);
	else if (strcmp(name, "cve") == 0)
		done = add_vector(oval, attributes);
	return done ? 0 : record_no_memory(&oval->arena, error);
}

static int on_end(void *user, const char *name, span text, struct tarsier_error *error)
{
	struct oval *oval = user;
	if (!oval->publisher)
		return 0;
	for (size_t i = 0; i < FIELDS; i++)
		if (strcmp(name, fields[i]) == 0 && !*oval->texts[i] && !(oval->texts[i] = span_copy(&oval->arena, text)))
			return record_no_memory(&oval->arena, error);
	if (strcmp(name, "criteria") == 0 && !end_group(oval))
		return record_no_memory(&oval->arena, error);
	if (strcmp(name, "definition") != 0)
		return 0;
	int code = end_definition(oval, error);
	oval->publisher = NULL;
	return code;
}

static int oval_read(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error)
{
	struct oval oval = {.sink = sink, .name = name, .release = ""};
	const struct xml_handler reader = {on_start, on_end, &oval, TEXT_LIMIT};
	arena_init(&oval.arena, NULL);
	oval.arena.limit = DEFINITION_LIMIT;
	int code = xml_read(&reader, stream, name, error);
	arena_free(&oval.arena);
	return code;
}

const struct feed feed_oval = {"oval", oval_recognise, oval_read};
