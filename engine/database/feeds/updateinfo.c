#include "database/affected_list.h"
#include "format/cve_id.h"
#include "format/date.h"

#include <expat.h>
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

enum { CHUNK = 64 << 10, TEXT_LIMIT = 1 << 20, PACKAGES_LIMIT = 100000, NAME_LIMIT = 256 };

enum field { ID, TITLE, SEVERITY, SUMMARY, DESCRIPTION, FIELDS };
static const char *const fields[FIELDS] = {"id", "title", "severity", "summary", "description"};

struct updateinfo {
	struct advisory_sink *sink;
	struct tarsier_error *error;
	XML_Parser parser;
	struct arena arena;           /* memory for one update */
	int code;                     /* of a failure within a handler */
	int depth, field;             /* of elements; the field whose text follows, or -1 */
	struct buffer text;
	const char *texts[FIELDS];    /* "" if absent */
	const char *issued, *updated, *extra; /* extra: the topic of a repository beside the release's own; "" */
	bool security;
	const char **aliases, **references;
	size_t alias_count, alias_room, reference_count, reference_room;
	struct affected_list list;
};

static int updateinfo_recognise(span head)
{
	return span_contains(head, "<updates") && span_contains(head, "<update ") ? 50 : 0;
}

static void stop(struct updateinfo *info, int code)
{
	info->code = code;
	XML_StopParser(info->parser, XML_FALSE);
}

static const char *attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], name) == 0)
			return attributes[1];
	return "";
}

/* ---- packages ---------------------------------------------------------------------------------------------------- */

/* The digits behind a dist tag: "6.el8_5" and ".el" → "8". */
static span release_after(const char *release, const char *tag)
{
	const char *found = strstr(release, tag);
	span digits = span_of(found ? found + strlen(tag) : "");
	size_t length = 0;
	while (length < digits.len && digits.ptr[length] >= '0' && digits.ptr[length] <= '9')
		length++;
	return (span){digits.ptr, length};
}

/* Returns "" if it is of no release that is known, NULL if memory ran out. */
static const char *ecosystem_of(struct updateinfo *info, const char *release)
{
	static const struct { const char *prefix, *family, *tag; } publishers[] = {
		{"RL", "Rocky Linux", ".el"}, {"RXSA-", "Rocky Linux", ".el"}, {"ALAS", "Amazon Linux", ".amzn"},
		{"ALSA-", "AlmaLinux", ".el"}, {"ALBA-", "AlmaLinux", ".el"}, {"ALEA-", "AlmaLinux", ".el"},
		{"EL", "Oracle Linux", ".el"}, {"FEDORA-EPEL", "", ".el"}, {"FEDORA-", "Fedora", ".fc"},
	};
	for (size_t i = 0; i < sizeof publishers / sizeof *publishers; i++) {
		if (!span_starts(span_of(info->texts[ID]), publishers[i].prefix))
			continue;
		span number = release_after(release, publishers[i].tag);
		if (!number.len || !*publishers[i].family)
			return "";
		if (span_is(number, "1") && strcmp(publishers[i].tag, ".amzn") == 0)
			number = SPAN("2018.03"); /* the last release of the first Amazon Linux */
		return arena_format(&info->arena, "%s:%.*s%s%s", publishers[i].family, SPAN_ARG(number), *info->extra ? ":" : "",
		                    info->extra);
	}
	return "";
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
	const char *epoch = attribute(attributes, "epoch"), *release = attribute(attributes, "release");
	bool zero = !*epoch || strcmp(epoch, "0") == 0;
	if (strcmp(attribute(attributes, "arch"), "src") == 0 || info->list.count >= PACKAGES_LIMIT)
		return true;
	const char *version = arena_format(&info->arena, "%.32s%s%.128s-%.128s", zero ? "" : epoch, zero ? "" : ":",
	                                   attribute(attributes, "version"), release);
	const char *name = arena_format(&info->arena, "%.*s", NAME_LIMIT, attribute(attributes, "name"));
	const char *ecosystem = ecosystem_of(info, release);
	if (!version || !name || !ecosystem)
		return false;
	const struct affected one = {.ecosystem = ecosystem, .name = name, .severity_word = info->texts[SEVERITY]};
	if (!*one.name || !*one.ecosystem || is_known(info, &one, version))
		return true;
	return affected_list_add(&info->list, &info->arena, &one, version);
}

/* ---- updates ----------------------------------------------------------------------------------------------------- */

static bool add_text(struct arena *arena, const char ***list, size_t *count, size_t *room, const char *text)
{
	*list = arena_grow(arena, *list, *count, room, sizeof **list);
	if (!*list || !((*list)[*count] = arena_string(arena, text)))
		return false;
	++*count;
	*list = arena_grow(arena, *list, *count, room, sizeof **list); /* for the NULL at its end */
	if (*list)
		(*list)[*count] = NULL;
	return *list != NULL;
}

static bool add_reference(struct updateinfo *info, const char **attributes)
{
	const char *id = attribute(attributes, "id"), *href = attribute(attributes, "href");
	if (cve_number(span_of(id)) && !add_text(&info->arena, &info->aliases, &info->alias_count, &info->alias_room, id))
		return false;
	return !*href || strlen(href) > 1024 ||
	       add_text(&info->arena, &info->references, &info->reference_count, &info->reference_room, href);
}

/* "2022-05-03 00:00:00" → "2022-05-03T00:00:00Z" */
static const char *date_of(struct updateinfo *info, const char **attributes)
{
	const char *date = attribute(attributes, "date");
	return date_begins(date) ? arena_format(&info->arena, "%.10sT00:00:00Z", date) : "";
}

/* "amazon-linux-2---kernel-5.15" → "kernel-5.15": such repositories are beside the release's own. */
static const char *extra_of(struct updateinfo *info, const char *collection)
{
	const char *dashes = strstr(collection, "---");
	return dashes ? arena_format(&info->arena, "%.64s", dashes + 3) : "";
}

static void begin_update(struct updateinfo *info, const char **attributes)
{
	arena_reset(&info->arena);
	for (size_t i = 0; i < FIELDS; i++)
		info->texts[i] = "";
	info->issued = info->updated = info->extra = "";
	info->security = strcmp(attribute(attributes, "type"), "security") == 0;
	info->aliases = info->references = NULL;
	info->alias_count = info->alias_room = info->reference_count = info->reference_room = 0;
	info->list = (struct affected_list){0};
}

static void end_update(struct updateinfo *info)
{
	static const char *none[] = {NULL};
	const char *id = info->texts[ID];
	if (!*id || strlen(id) > 128 || strchr(id, '\n')) {
		info->sink->unreadable(info->sink->user, "an update", "it has no id");
		return;
	}
	/* Each publisher and repository has its own file, which does not name it: a later import of some of them replaces only
	 * the updates in these. */
	const char *scope = arena_format(&info->arena, "updateinfo %s", id);
	if (!scope) {
		stop(info, error_memory(info->error));
		return;
	}
	const struct advisory advisory = {
		.scope = scope, .id = id, .summary = info->texts[TITLE], .details = info->texts[DESCRIPTION],
		.url = info->reference_count ? info->references[0] : "", .published = info->issued,
		.modified = *info->updated ? info->updated : info->issued, .severity_word = info->texts[SEVERITY],
		.aliases = info->alias_count ? info->aliases : none, .cvss = none,
		.references = info->reference_count ? info->references : none, .affected = info->list.items,
		.affected_count = info->list.count, .news = !info->security && !info->alias_count};
	int code = advisory.news || !info->list.count ? 0 : info->sink->advisory(info->sink->user, &advisory, info->error);
	if (code < 0)
		stop(info, code);
}

/* ---- elements ---------------------------------------------------------------------------------------------------- */

static void XMLCALL on_start(void *user, const char *name, const char **attributes)
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
		done = (info->extra = extra_of(info, attribute(attributes, "short"))) != NULL;
	else if (strcmp(name, "package") == 0)
		done = add_package(info, attributes);
	for (int i = 0; i < FIELDS && info->depth == 3; i++)
		if (strcmp(name, fields[i]) == 0) {
			info->field = i;
			info->text.length = 0;
		}
	if (!done)
		stop(info, error_memory(info->error));
}

static void XMLCALL on_end(void *user, const char *name)
{
	struct updateinfo *info = user;
	if (info->depth == 3 && info->field >= 0) {
		info->texts[info->field] = span_copy(&info->arena, span_trim(buffer_span(&info->text)));
		if (!info->texts[info->field])
			stop(info, error_memory(info->error));
		info->field = -1;
	}
	info->depth--;
	if (info->depth == 1 && info->code >= 0 && strcmp(name, "update") == 0)
		end_update(info);
}

static void XMLCALL on_text(void *user, const char *text, int length)
{
	struct updateinfo *info = user;
	bool wanted = info->field >= 0 && info->text.length + (size_t)length <= TEXT_LIMIT;
	if (wanted && !buffer_add(&info->text, text, (size_t)length))
		stop(info, error_memory(info->error));
}

/* No publisher has a document type, and its entities are a way to fill memory. */
static void XMLCALL on_doctype(void *user, const char *name, const char *system, const char *public, int has_subset)
{
	struct updateinfo *info = user;
	(void)name, (void)system, (void)public, (void)has_subset;
	stop(info, error_set(info->error, TARSIER_FORMAT, "updateinfo.xml: it has a document type declaration"));
}

static int parse(struct updateinfo *info, struct stream *stream, const char *name)
{
	for (;;) {
		void *room = XML_GetBuffer(info->parser, CHUNK);
		ssize_t got = room ? stream_read(stream, room, CHUNK, info->error) : error_memory(info->error);
		if (got < 0)
			return (int)got;
		if (XML_ParseBuffer(info->parser, (int)got, got == 0) == XML_STATUS_OK) {
			if (got == 0)
				return 0;
			continue;
		}
		return info->code < 0 ? info->code
		     : error_set(info->error, TARSIER_FORMAT, "%s: line %lu: %s", name, XML_GetCurrentLineNumber(info->parser),
		                 XML_ErrorString(XML_GetErrorCode(info->parser)));
	}
}

static int updateinfo_read(struct stream *stream, const char *name, struct advisory_sink *sink,
                           struct tarsier_error *error)
{
	struct updateinfo info = {.sink = sink, .error = error, .field = -1, .parser = XML_ParserCreate(NULL)};
	static const char *const no_attributes[] = {NULL};
	if (!info.parser)
		return error_memory(error);
	arena_init(&info.arena, NULL);
	buffer_init(&info.text, NULL);
	begin_update(&info, (const char **)(uintptr_t)no_attributes);
	XML_SetUserData(info.parser, &info);
	XML_SetElementHandler(info.parser, on_start, on_end);
	XML_SetCharacterDataHandler(info.parser, on_text);
	XML_SetStartDoctypeDeclHandler(info.parser, on_doctype);
	int code = parse(&info, stream, name);
	XML_ParserFree(info.parser);
	buffer_free(&info.text);
	arena_free(&info.arena);
	return code;
}

const struct feed feed_updateinfo = {"updateinfo", updateinfo_recognise, updateinfo_read};
