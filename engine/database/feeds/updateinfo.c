#include "base/map.h"
#include "database/affected_list.h"
#include "database/record_part.h"
#include "format/cve_id.h"
#include "format/date.h"
#include "stream/xml_read.h"

#include <string.h>

/*
 * updateinfo.xml, which repositories of rpm packages have for dnf: Rocky Linux, AlmaLinux, Amazon Linux, Oracle Linux,
 * Fedora. Its only documentation are the programs that write it: createrepo_c and Bodhi.
 *
 *	<updates><update type="security">
 *	  <id>RLSA-2022:1234</id><title/><severity/><description/><issued date="2022-05-03 00:00:00"/><updated date=""/>
 *	  <references><reference type="cve" id="CVE-2022-0778" href=""/></references>
 *	  <pkglist><collection short="rocky-linux-8-x86-64-baseos-rpms">
 *	    <package name="openssl" arch="x86_64" epoch="1" version="1.1.1k" release="6.el8_5"/>
 *
 * The id tells whose it is, and the dist tag of a package's release (".el8", ".amzn2023", ".fc43") which release. One id may
 * stand in the files of several repositories, each with its own packages.
 */

enum { TEXT_LIMIT = 1 << 20, UPDATE_LIMIT = 64 << 20 }; /* bytes of a text; of memory for one update */

enum field { ID, TITLE, SEVERITY, SUMMARY, DESCRIPTION, FIELDS };
static const char *const fields[FIELDS] = {"id", "title", "severity", "summary", "description"};

struct updateinfo {
	struct advisory_sink *sink;
	struct arena arena;           /* memory for one update */
	int depth;                    /* of elements */
	const char *texts[FIELDS];    /* "" if absent */
	const char *issued, *updated;
	const char *collection, *extra; /* extra: the topic of a repository beside the release's own; "" */
	bool security;
	struct text_list aliases, references;
	struct map cves;              /* that are among the aliases */
	struct affected_list list;
};

static int updateinfo_recognise(span head)
{
	return xml_begins(head) && span_contains(head, "<updates") && span_contains(head, "<update ") ? 50 : 0;
}

/* ---- packages ---------------------------------------------------------------------------------------------------- */

/* The digits behind a mark: "6.el8_5" and ".el" → "8", "amazon-linux-2023---nvidia" and "amazon-linux-" → "2023". */
static span number_after(const char *text, const char *mark)
{
	const char *found = strstr(text, mark);
	span digits = span_of(found ? found + strlen(mark) : "");
	size_t length = 0;
	while (length < digits.len && digits.ptr[length] >= '0' && digits.ptr[length] <= '9')
		length++;
	return (span){digits.ptr, length};
}

/* The dist tag tells the release. Where a package has none, as those of Fedora's modules, its collection's name does: "F38M".
 * Returns "" if it is of no release that is known, NULL if memory ran out. */
static const char *ecosystem_of(struct updateinfo *info, const char *release)
{
	static const struct { const char *prefix, *family, *tag, *collection; } publishers[] = {
		{"RL", "Rocky Linux", ".el", NULL}, {"RXSA-", "Rocky Linux", ".el", NULL},
		{"ALAS", "Amazon Linux", ".amzn", "amazon-linux-"}, {"ALSA-", "AlmaLinux", ".el", NULL},
		{"ALBA-", "AlmaLinux", ".el", NULL}, {"ALEA-", "AlmaLinux", ".el", NULL}, {"EL", "Oracle Linux", ".el", NULL},
		{"FEDORA-EPEL", "", ".el", NULL}, {"FEDORA-", "Fedora", ".fc", "F"},
	};
	for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++) {
		if (!span_starts(span_of(info->texts[ID]), publishers[i].prefix))
			continue;
		span number = number_after(release, publishers[i].tag);
		if (!number.len && publishers[i].collection)
			number = number_after(info->collection, publishers[i].collection);
		if (!number.len || !*publishers[i].family)
			return "";
		if (span_is(number, "1") && strcmp(publishers[i].tag, ".amzn") == 0)
			number = SPAN("2018.03"); /* the last release of the first Amazon Linux */
		return arena_format(&info->arena, "%s:%.*s%s%s", publishers[i].family, SPAN_WHOLE(number), *info->extra ? ":" : "",
		                    info->extra);
	}
	return "";
}

static void complain(const struct updateinfo *info, const char *why)
{
	info->sink->unreadable(info->sink->user, *info->texts[ID] ? info->texts[ID] : "an update", why);
}

static bool is_known(const struct updateinfo *info, const struct affected *one, const char *version)
{
	const struct affected_list *list = &info->list;
	for (size_t i = list->count; i > 0 && list->count - i < 64; i--) { /* other architectures are near */
		const struct affected *known = &list->items[i - 1];
		if (strcmp(known->name, one->name) == 0 && strcmp(known->ecosystem, one->ecosystem) == 0 &&
		    strcmp(affected_fixed(known), version) == 0)
			return true;
	}
	return false;
}

static bool add_package(struct updateinfo *info, const char **attributes)
{
	const char *epoch = xml_attribute(attributes, "epoch"), *release = xml_attribute(attributes, "release");
	bool zero = !*epoch || strcmp(epoch, "0") == 0;
	const char *upstream = xml_attribute(attributes, "version");
	if (strcmp(xml_attribute(attributes, "arch"), "src") == 0)
		return true;
	const char *version = arena_format(&info->arena, "%s%s%s-%s", zero ? "" : epoch, zero ? "" : ":", upstream, release);
	const char *name = arena_string(&info->arena, xml_attribute(attributes, "name"));
	const char *ecosystem = ecosystem_of(info, release);
	if (!version || !name || !ecosystem)
		return false;
	if (!*upstream || !*release)
		complain(info, "a package without a version or a release");
	const struct affected one = {.ecosystem = ecosystem, .name = name, .severity_word = info->texts[SEVERITY]};
	if (!*upstream || !*release || !*ecosystem || is_known(info, &one, version))
		return true;
	return affected_list_add(&info->list, &info->arena, &one, version);
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

/* Sets *any if the text names a CVE. Returns false if memory ran out. */
static bool add_cves(struct updateinfo *info, const char *text, bool *any)
{
	span rest = span_of(text), cve;
	while (cve_next(&rest, &cve)) {
		*any = true;
		if (map_get(&info->cves, cve))
			continue;
		const char *name = span_copy(&info->arena, cve);
		if (!name || !map_put(&info->cves, span_of(name), info) || !text_list_add(&info->aliases, &info->arena, name))
			return false;
	}
	return true;
}

/* Fedora names its CVEs in the titles of bugs only. */
static bool add_reference(struct updateinfo *info, const char **attributes)
{
	const char *id = xml_attribute(attributes, "id"), *href = xml_attribute(attributes, "href");
	bool cve = cve_number(span_of(id)), any = false;
	if (!add_cves(info, cve ? id : xml_attribute(attributes, "title"), &any))
		return false;
	if (!any && strcmp(xml_attribute(attributes, "type"), "cve") == 0)
		complain(info, "a reference names no CVE that is one");
	return !*href || strlen(href) > 1024 || text_list_add(&info->references, &info->arena, href);
}

/* "2022-05-03 00:00:00" → "2022-05-03T00:00:00Z" */
static const char *date_of(struct updateinfo *info, const char **attributes)
{
	const char *date = xml_attribute(attributes, "date");
	return date_begins(date) ? arena_format(&info->arena, "%.10sT00:00:00Z", date) : "";
}

/* "amazon-linux-2---kernel-5.15" → "kernel-5.15": such repositories are beside the release's own. */
static bool take_collection(struct updateinfo *info, const char *name)
{
	const char *dashes = strstr(name, "---");
	info->collection = arena_string(&info->arena, name);
	info->extra = dashes ? arena_string(&info->arena, dashes + 3) : "";
	return info->collection && info->extra;
}

static void begin_update(struct updateinfo *info, const char **attributes)
{
	arena_reset(&info->arena);
	for (size_t i = 0; i < FIELDS; i++)
		info->texts[i] = "";
	info->issued = info->updated = info->collection = info->extra = "";
	info->security = strcmp(xml_attribute(attributes, "type"), "security") == 0;
	info->aliases = info->references = (struct text_list){0};
	info->cves = (struct map){.arena = &info->arena};
	info->list = (struct affected_list){0};
}

static int end_update(struct updateinfo *info, struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const char *id = info->texts[ID];
	if (!*id) {
		complain(info, "it has no id");
		return 0;
	}
	/* Each publisher and repository has its own file, which does not name it: a later import of some of them replaces only
	 * the updates in these. */
	const char *scope = arena_format(&info->arena, "updateinfo %s", id), **references = text_list_items(&info->references);
	if (!scope)
		return record_no_memory(&info->arena, error);
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = info->texts[TITLE], .details = info->texts[DESCRIPTION],
		.url = references[0] ? references[0] : "", .published = info->issued,
		.modified = *info->updated ? info->updated : info->issued, .severity_word = info->texts[SEVERITY],
		.aliases = text_list_items(&info->aliases), .cvss = none, .references = references, .affected = info->list.items,
		.affected_count = info->list.count, .news = !info->security && !info->aliases.count};
	return advisory.news || !info->list.count ? 0 : info->sink->advisory(info->sink->user, &advisory, error);
}

/* ---- elements ---------------------------------------------------------------------------------------------------- */

static int on_start(void *user, const char *name, const char **attributes, struct tarsier_error *error)
{
	struct updateinfo *info = user;
	bool done = true;
	info->depth++;
	if (strcmp(name, "update") == 0)
		begin_update(info, attributes);
	else if (strcmp(name, "issued") == 0)
		done = (info->issued = date_of(info, attributes)) != NULL;
	else if (strcmp(name, "updated") == 0)
		done = (info->updated = date_of(info, attributes)) != NULL;
	else if (strcmp(name, "reference") == 0)
		done = add_reference(info, attributes);
	else if (strcmp(name, "collection") == 0)
		done = take_collection(info, xml_attribute(attributes, "short"));
	else if (strcmp(name, "package") == 0)
		done = add_package(info, attributes);
	return done ? 0 : record_no_memory(&info->arena, error);
}

static int on_end(void *user, const char *name, span text, struct tarsier_error *error)
{
	struct updateinfo *info = user;
	for (int i = 0; i < FIELDS && info->depth == 3; i++)
		if (strcmp(name, fields[i]) == 0 && !(info->texts[i] = span_copy(&info->arena, text)))
			return record_no_memory(&info->arena, error);
	info->depth--;
	return info->depth == 1 && strcmp(name, "update") == 0 ? end_update(info, error) : 0;
}

static int updateinfo_read(struct stream *stream, const char *name, struct advisory_sink *sink,
                           struct tarsier_error *error)
{
	struct updateinfo info = {.sink = sink};
	const char *no_attributes[] = {NULL};
	const struct xml_handler reader = {on_start, on_end, &info, TEXT_LIMIT};
	arena_init(&info.arena, NULL);
	info.arena.limit = UPDATE_LIMIT;
	begin_update(&info, no_attributes);
	int code = xml_read(&reader, stream, name, error);
	arena_free(&info.arena);
	return code;
}

const struct feed feed_updateinfo = {"updateinfo", updateinfo_recognise, updateinfo_read};
