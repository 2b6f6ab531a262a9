/* converts Clair's answers to our records */
#include "clair/internal.h"
#include "database/advisory.h"
#include "format/cve_id.h"
#include "format/cvss.h"
#include "inventory/inventory.h"

#include <stdlib.h>
#include <string.h>

/* ---- distributions ----------------------------------------------------------------------------------------------- */

const char *clair_type_of_distro(const char *id)
{
	static const struct { const char *id, *type; } types[] = {
		{"debian", "deb"}, {"ubuntu", "deb"}, {"alpine", "apk"}, {"wolfi", "apk"}, {"chainguard", "apk"},
		{"rhel", "rpm"}, {"centos", "rpm"}, {"ol", "rpm"}, {"amzn", "rpm"}, {"fedora", "rpm"}, {"rocky", "rpm"},
		{"almalinux", "rpm"}, {"photon", "rpm"},
	};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(id, types[i].id) == 0)
			return types[i].type;
	const char *vendor = distro_vendor(id);
	return strcmp(vendor, "suse") == 0 || strcmp(vendor, "opensuse") == 0 ? "rpm" : "";
}

bool clair_settle_distro(struct arena *arena, struct distro *distro)
{
	if (!distro_settle(arena, distro))
		return false;
	if (!*distro->ecosystem && *distro->id)
		distro->ecosystem = *distro->version ? arena_format(arena, "%s:%s", distro->id, distro->version) : distro->id;
	return distro->ecosystem != NULL;
}

/* ---- packages ---------------------------------------------------------------------------------------------------- */

static const char *ecosystem_of_type(const char *type)
{
	static const struct { const char *type, *ecosystem; } ecosystems[] = {
		{"pypi", "PyPI"}, {"maven", "Maven"}, {"golang", "Go"}, {"gem", "RubyGems"}, {"npm", "npm"},
	};
	for (size_t i = 0; i < sizeof ecosystems / sizeof *ecosystems; i++)
		if (strcmp(type, ecosystems[i].type) == 0)
			return ecosystems[i].ecosystem;
	return "";
}

int clair_add_package(struct clair_records *records, const struct distro *distro, bool system,
                      const struct tarsier_package *package, struct tarsier_error *error)
{
	if (!*package->name || !*package->version)
		return error_set(error, TARSIER_BACKEND,
		                 "Clair's answer holds a package without a name or a version (\"%.100s\" \"%.100s\")",
		                 package->name, package->version);
	if (records->package_count >= CLAIR_PACKAGES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "Clair's answer holds more than %d packages", CLAIR_PACKAGES_LIMIT);
	records->packages = arena_grow(records->arena, records->packages, records->package_count,
	                               &records->package_capacity, sizeof *records->packages);
	if (!records->packages)
		return error_memory(error);
	struct tarsier_package *into = &records->packages[records->package_count++];
	*into = *package;
	into->reader = "clair";
	static const char *const unknown[] = {NULL};
	into->module = into->vendor = "";
	into->licenses = unknown;
	into->owner = "";
	into->ecosystem = system ? distro->ecosystem : ecosystem_of_type(into->type);
	if (!into->source_name || !*into->source_name)
		into->source_name = into->name;
	if (!into->source_version || !*into->source_version)
		into->source_version = into->version;
	into->purl = package_purl(records->arena, into, system ? distro : NULL);
	return into->purl ? TARSIER_OK : error_memory(error);
}

static int compare_packages(const struct tarsier_package *a, const struct tarsier_package *b)
{
	int order = strcmp(a->type, b->type);
	order = order ? order : strcmp(a->name, b->name);
	order = order ? order : strcmp(a->version, b->version);
	order = order ? order : strcmp(a->architecture, b->architecture);
	return order ? order : strcmp(a->path, b->path);
}

struct ordered {
	const struct tarsier_package *package;
	size_t before; /* its index before sorting */
};

static int compare_ordered(const void *a, const void *b)
{
	const struct ordered *one = a, *other = b;
	int order = compare_packages(one->package, other->package);
	size_t layer = one->package->layer, other_layer = other->package->layer;
	order = order ? order : (layer > other_layer) - (layer < other_layer);
	return order ? order : (one->before > other->before) - (one->before < other->before);
}

/* Keeps the one of the lowest layer among equal packages. `moved` maps old indexes to new ones. */
static bool sort_packages(struct clair_records *records, size_t *moved)
{
	size_t count = records->package_count, kept = 0;
	struct ordered *order = arena_array(records->arena, count, sizeof *order);
	struct tarsier_package *sorted = arena_array(records->arena, count, sizeof *sorted);
	if (!order || !sorted)
		return false;
	for (size_t i = 0; i < count; i++)
		order[i] = (struct ordered){&records->packages[i], i};
	if (count)
		qsort(order, count, sizeof *order, compare_ordered);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || compare_packages(&sorted[kept - 1], order[i].package) != 0)
			sorted[kept++] = *order[i].package;
		moved[order[i].before] = kept - 1;
	}
	records->packages = sorted;
	records->package_count = kept;
	return true;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

struct tarsier_finding clair_blank_finding(const char *backend)
{
	static const char *const none[] = {NULL};
	return (struct tarsier_finding){
		.id = "", .aliases = none, .severity_source = "", .cvss_vector = "", .cvss_score = -1, .fixed_version = "",
		.summary = "", .description = "", .url = "", .published = "", .modified = "", .references = none,
		.kev_added = "", .kev_due = "", .epss = -1, .epss_percentile = -1, .backend = backend,
		.status = "affected", .status_source = "", .ssvc_exploitation = "", .ssvc_automatable = "", .ssvc_impact = "",
		.eu_exploited = "", .cwes = none, .nvd_status = ""};
}

/* Clair does not tell a publisher's status. */
static void set_status(struct tarsier_finding *finding)
{
	finding->status = *finding->fixed_version ? "fixed" : "affected";
}

int clair_add_finding(struct clair_records *records, size_t package, const struct tarsier_finding *finding,
                      struct tarsier_error *error)
{
	if (records->finding_count >= CLAIR_FINDINGS_LIMIT)
		return error_set(error, TARSIER_LIMIT, "Clair's answer holds more than %d findings", CLAIR_FINDINGS_LIMIT);
	records->findings = arena_grow(records->arena, records->findings, records->finding_count,
	                               &records->finding_capacity, sizeof *records->findings);
	if (!records->findings)
		return error_memory(error);
	struct tarsier_finding *into = &records->findings[records->finding_count++];
	*into = *finding;
	into->package_index = package;
	set_status(into);
	return TARSIER_OK;
}

static int compare_findings(const void *a, const void *b)
{
	const struct tarsier_finding *one = a, *other = b;
	if (one->package_index != other->package_index)
		return one->package_index < other->package_index ? -1 : 1;
	int order = strcmp(one->id, other->id);
	order = order ? order : (one->severity < other->severity) - (one->severity > other->severity);
	return order ? order : strcmp(other->fixed_version, one->fixed_version);
}

static size_t list_length(const char *const *list)
{
	size_t count = 0;
	while (list[count])
		count++;
	return count;
}

static bool listed(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i], name) == 0)
			return true;
	return false;
}

/* Several updaters may report one vulnerability: the most severe word is kept, the others fill empty fields. */
static bool join(struct arena *arena, struct tarsier_finding *into, const struct tarsier_finding *from)
{
	size_t count = list_length(into->aliases), more = list_length(from->aliases);
	const char **aliases = arena_array(arena, count + more + 1, sizeof *aliases);
	if (!aliases)
		return false;
	memcpy(aliases, into->aliases, count * sizeof *aliases);
	for (size_t i = 0; i < more; i++)
		if (!listed(aliases, count, from->aliases[i]))
			aliases[count++] = from->aliases[i];
	into->aliases = aliases;
	if (!*into->fixed_version)
		into->fixed_version = from->fixed_version;
	set_status(into);
	if (!*into->description)
		into->description = from->description;
	if (into->cvss_score < 0) {
		into->cvss_score = from->cvss_score;
		into->cvss_vector = from->cvss_vector;
	}
	return true;
}

static bool same_finding(const struct tarsier_finding *a, const struct tarsier_finding *b)
{
	return a->package_index == b->package_index && strcmp(a->id, b->id) == 0;
}

static bool sort_findings(struct clair_records *records, const size_t *moved)
{
	struct tarsier_finding *findings = records->findings;
	size_t kept = 0;
	for (size_t i = 0; i < records->finding_count; i++)
		findings[i].package_index = moved[findings[i].package_index];
	if (records->finding_count)
		qsort(findings, records->finding_count, sizeof *findings, compare_findings);
	for (size_t i = 0; i < records->finding_count; i++) {
		if (kept == 0 || !same_finding(&findings[kept - 1], &findings[i]))
			findings[kept++] = findings[i];
		else if (!join(records->arena, &findings[kept - 1], &findings[i]))
			return false;
	}
	records->finding_count = kept;
	for (size_t i = 0; i < kept; i++)
		findings[i].package = &records->packages[findings[i].package_index];
	return true;
}

int clair_finish(struct clair_records *records, struct clair_result *result, struct tarsier_error *error)
{
	size_t *moved = arena_array(records->arena, records->package_count, sizeof *moved);
	if (!moved || !sort_packages(records, moved) || !sort_findings(records, moved))
		return error_memory(error);
	result->packages = records->packages;
	result->package_count = records->package_count;
	result->findings = records->findings;
	result->finding_count = records->finding_count;
	result->backend = records->backend;
	return TARSIER_OK;
}

/* ---- severity ---------------------------------------------------------------------------------------------------- */

bool clair_take_cvss(struct arena *arena, struct tarsier_finding *finding, const char *vector, double score)
{
	struct cvss cvss = {.version = 0}, best = {.version = 0};
	if (cvss_score(span_of(vector), &cvss, NULL) >= 0)
		score = cvss.score;
	if (!(score >= 0 && score <= 10))
		return true;
	if (finding->cvss_score >= 0 && cvss_score(span_of(finding->cvss_vector), &best, NULL) < 0)
		best.version = 0;
	if (finding->cvss_score >= 0 && (cvss.version < best.version ||
	                                 (cvss.version == best.version && score <= finding->cvss_score)))
		return true;
	finding->cvss_score = score;
	finding->cvss_vector = arena_string(arena, vector);
	return finding->cvss_vector != NULL;
}

int clair_set_severity(struct tarsier_finding *finding, const char *word, struct tarsier_error *error)
{
	struct cvss cvss;
	finding->severity = severity_of_word(span_of(word));
	finding->severity_source = finding->severity ? "distribution" : "";
	if (!finding->severity && !span_is_nocase(span_of(word), "unknown"))
		return error_set(error, TARSIER_BACKEND, "Clair reports %s with the unknown severity \"%.60s\"",
		                 finding->id, word);
	if (finding->severity || finding->cvss_score < 0)
		return TARSIER_OK;
	bool scored = cvss_score(span_of(finding->cvss_vector), &cvss, NULL) >= 0;
	finding->severity = scored ? cvss.severity : severity_of_score(finding->cvss_score, 31); /* an invalid vector */
	finding->severity_source = "cvss";
	return TARSIER_OK;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

enum { ALIASES = 256 };

struct names {
	struct arena *arena;
	const char *items[ALIASES + 1];
	size_t count;
};

static bool add_name(struct names *names, const char *name)
{
	if (!name)
		return false;
	if (!listed(names->items, names->count, name) && names->count < ALIASES)
		names->items[names->count++] = name;
	return true;
}

/* "https://www.cve.org/CVERecord?id=CVE-2024-1234" names one, and so does any other link that ends in an id. */
static bool add_cves_of_links(struct names *names, const char *links)
{
	char name[CVE_NAME_SIZE];
	for (const char *at = links; (at = strstr(at, "CVE-")); at += 4) {
		size_t year = strspn(at + 4, "0123456789");
		size_t number = at[4 + year] == '-' ? strspn(at + 5 + year, "0123456789") : 0;
		uint32_t cve = number ? cve_number((span){at, 5 + year + number}) : 0;
		bool inside = at > links && at[-1] == '-'; /* "UBUNTU-CVE-…" */
		if (cve && !inside && !add_name(names, arena_string(names->arena, cve_name(cve, name))))
			return false;
	}
	return true;
}

/* Returns the only CVE among the names, or NULL: an advisory for several keeps its own id. */
static const char *only_cve(const struct names *names)
{
	const char *found = NULL;
	for (size_t i = 0; i < names->count; i++) {
		if (!cve_number(span_of(names->items[i])))
			continue;
		if (found)
			return NULL;
		found = names->items[i];
	}
	return found;
}

static span first_word(span name, span *rest)
{
	size_t length = 0;
	while (length < name.len && (unsigned char)name.ptr[length] > ' ')
		length++;
	*rest = span_trim(span_from(name, length));
	if (length > 1 && name.ptr[length - 1] == ':')
		length--;
	return (span){name.ptr, length};
}

bool clair_set_names(struct arena *arena, struct tarsier_finding *finding, const char *name, const char *const *others,
                     const char *links)
{
	struct names names = {.arena = arena};
	span rest, id = first_word(span_trim(span_of(name)), &rest);
	bool ok = add_name(&names, span_copy(arena, id));
	bool is_cve = cve_number(id) != 0;
	for (; ok && others && *others; others++)
		ok = add_name(&names, *others);
	if (ok && !is_cve)
		ok = add_cves_of_links(&names, links);
	if (!ok)
		return false;
	const char *cve = is_cve ? names.items[0] : only_cve(&names);
	finding->id = cve ? cve : names.items[0];
	const char **aliases = arena_array(arena, names.count, sizeof *aliases);
	size_t count = 0;
	for (size_t i = 0; aliases && i < names.count; i++)
		if (strcmp(names.items[i], finding->id) != 0)
			aliases[count++] = names.items[i];
	finding->aliases = aliases;
	finding->summary = rest.len ? span_copy(arena, rest) : "";
	return aliases && finding->summary;
}
