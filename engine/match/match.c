#include "match/match.h"

#include "format/cve_id.h"
#include "format/ecosystem.h"
#include "format/version.h"
#include "match/affected.h"
#include "match/merge.h"

#include <stdlib.h>
#include <string.h>

/* What a package is looked up by. Packages with equal keys have the same findings. */
struct match_key {
	span ecosystem;                          /* as ecosystem_key writes it */
	const char *name, *version;
	const char *other_name, *other_version;  /* a second name to look up; "" if there is none */
	size_t package;
};

/* ---- names to look up -------------------------------------------------------------------------------------------- */

/* Red Hat's and AlmaLinux's records name binary packages. Those of other rpm distributions name source packages, as the
 * OSV schema says, and some name binary packages: both are looked up. */
static bool names_binaries(span ecosystem)
{
	span family = ecosystem_family(ecosystem);
	return span_is(family, "AlmaLinux") || span_is(family, "Red Hat");
}

/* The file name of a source rpm lacks the epoch that its packages have. */
static const char *with_epoch(struct arena *arena, const char *source, const char *binary)
{
	ptrdiff_t colon = span_find(span_of(binary), ':');
	if (colon < 0 || strchr(source, ':'))
		return source;
	return arena_format(arena, "%.*s:%s", (int)colon, binary, source);
}

static bool is_source_matched(const char *type)
{
	return strcmp(type, "deb") == 0 || strcmp(type, "apk") == 0;
}

static int make_key(struct arena *arena, const struct tarsier_package *package, struct match_key *key,
                    struct tarsier_error *error)
{
	span raw = span_of(package->ecosystem);
	key->ecosystem = ecosystem_key(arena, raw);
	if (key->ecosystem.ptr && key->ecosystem.len == 0)
		key->ecosystem = raw;
	bool source = is_source_matched(package->type);
	key->name = package_key(arena, key->ecosystem, span_of(source ? package->source_name : package->name));
	key->version = source ? package->source_version : package->version;
	key->other_name = key->other_version = "";
	if (!key->ecosystem.ptr || !key->name)
		return error_memory(error);
	if (strcmp(package->type, "rpm") != 0 || names_binaries(key->ecosystem) ||
	    strcmp(package->source_name, package->name) == 0)
		return 0;
	key->other_name = package->source_name;
	key->other_version = with_epoch(arena, package->source_version, package->version);
	return key->other_version ? 0 : error_memory(error);
}

static int compare_keys(const void *a, const void *b)
{
	const struct match_key *one = a, *other = b;
	int order = span_compare(one->ecosystem, other->ecosystem);
	order = order ? order : strcmp(one->name, other->name);
	order = order ? order : strcmp(one->version, other->version);
	order = order ? order : strcmp(one->other_name, other->other_name);
	return order ? order : strcmp(one->other_version, other->other_version);
}

/* ---- what the database knows of one package ---------------------------------------------------------------------- */

static int add_hit(struct matching *matching, struct installed *installed, const struct package_row *row,
                   struct tarsier_error *error)
{
	struct hit hit = {.advisory = row->advisory, .cve = row->cve, .severity = row->severity, .has_fix = row_has_fix(row),
	                  .informational = row->informational,
	                  .vector = "", .fix = "", .affected = installed_is_affected(installed, row)};
	if (!hit.affected && !hit.has_fix) /* says nothing of this version, and names no fix */
		return 0;
	uint32_t fix = hit.affected ? installed_fix(installed, row) : 0;
	if (fix)
		hit.fix = span_copy(matching->arena, installed->rows->versions[fix]);
	if (row->vector)
		hit.vector = span_copy(matching->arena, installed->rows->versions[row->vector]);
	matching->hits = arena_grow(&matching->scratch, matching->hits, matching->hit_count, &matching->hit_capacity,
	                            sizeof hit);
	if (!hit.fix || !hit.vector || !matching->hits)
		return error_memory(error);
	matching->hits[matching->hit_count++] = hit;
	return 0;
}

static int look_under(struct matching *matching, span ecosystem, const char *name, const char *version,
                      struct tarsier_error *error)
{
	struct installed installed;
	struct package_rows rows;
	span blob;
	int number = database_ecosystem(matching->database, ecosystem);
	if (number == 0 || !*name)
		return 0;
	int code = connection_rows(matching->connection, number, name, &blob, error);
	if (code <= 0)
		return code;
	code = package_rows_open(&rows, &matching->scratch, blob, error);
	if (code >= 0)
		code = installed_begin(&installed, &matching->scratch, ecosystem, span_of(version), &rows, error);
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0)
		code = add_hit(matching, &installed, &rows.row, error);
	return code;
}

/* Looks in the records of the release and in those of all releases ("Debian"). */
static int look_up(struct matching *matching, const struct match_key *key, struct tarsier_error *error)
{
	span family = ecosystem_family(key->ecosystem);
	arena_free(&matching->scratch);
	matching->hits = NULL;
	matching->hit_count = matching->hit_capacity = 0;
	int code = look_under(matching, key->ecosystem, key->name, key->version, error);
	if (code >= 0)
		code = look_under(matching, key->ecosystem, key->other_name, key->other_version, error);
	if (code >= 0 && family.len < key->ecosystem.len)
		code = look_under(matching, family, key->name, key->version, error);
	if (code >= 0 && family.len < key->ecosystem.len)
		code = look_under(matching, family, key->other_name, key->other_version, error);
	return code;
}

/* ---- problems ---------------------------------------------------------------------------------------------------- */

static int add_problem(struct arena *arena, struct finding_list *list, struct tarsier_problem problem,
                       struct tarsier_error *error)
{
	list->problems = arena_grow(arena, list->problems, list->problem_count, &list->problem_capacity, sizeof problem);
	if (!list->problems || !problem.subject || !problem.message)
		return error_memory(error);
	list->problems[list->problem_count++] = problem;
	return 0;
}

static const char *lack_of(struct matching *matching, span ecosystem, size_t count)
{
	if (!database_ecosystem(matching->database, ecosystem) &&
	    !database_ecosystem(matching->database, ecosystem_family(ecosystem)))
		return arena_format(matching->arena, "%zu package%s of %.*s %s not matched: the database holds no advisories for it; "
		                    "import a feed that does with `tarsier db import PATH…`", count, count == 1 ? "" : "s",
		                    SPAN_ARG(ecosystem), count == 1 ? "is" : "are");
	if (!version_scheme_of_ecosystem(ecosystem))
		return arena_format(matching->arena,
		                    "%zu package%s of %.*s %s matched by exact version only: tarsier does not know how "
		                    "its versions are ordered", count, count == 1 ? "" : "s", SPAN_ARG(ecosystem),
		                    count == 1 ? "is" : "are");
	return "";
}

/* Checks each ecosystem once: the keys are sorted by it. */
static int check_ecosystems(struct matching *matching, const struct match_key *keys, size_t count,
                            struct finding_list *list, struct tarsier_error *error)
{
	int code = 0;
	for (size_t i = 0, next; i < count && code >= 0; i = next) {
		for (next = i + 1; next < count && span_equal(keys[next].ecosystem, keys[i].ecosystem); next++)
			;
		const char *message = lack_of(matching, keys[i].ecosystem, next - i);
		struct tarsier_problem problem = {.kind = TARSIER_PROBLEM_NO_FEED, .message = message,
		                                  .subject = span_copy(matching->arena, keys[i].ecosystem)};
		if (!message || *message)
			code = add_problem(matching->arena, list, problem, error);
	}
	return code;
}

/* A version that its scheme does not accept cannot be compared. */
static int check_version(struct matching *matching, const struct match_key *key, const struct tarsier_package *package,
                         struct finding_list *list, struct tarsier_error *error)
{
	const struct version_scheme *scheme = version_scheme_of_ecosystem(key->ecosystem);
	if (!scheme || scheme->valid(span_of(key->version)))
		return 0;
	struct tarsier_problem problem = {
		.kind = TARSIER_PROBLEM_UNREADABLE, .subject = package->path, .layer = package->layer,
		.message = arena_format(matching->arena, "%.100s has version %.100s, which is not valid for %s: it is matched by "
		                        "exact version only", package->name, key->version, scheme->name)};
	return add_problem(matching->arena, list, problem, error);
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static int add_findings(struct matching *matching, const struct tarsier_finding *findings, size_t count,
                        const struct tarsier_package *packages, size_t index, struct finding_list *list,
                        struct tarsier_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (list->count >= FINDINGS_LIMIT)
			return error_set(error, TARSIER_LIMIT, "more than %d findings: no image has that many that is not made to",
			                 FINDINGS_LIMIT);
		list->items = arena_grow(matching->arena, list->items, list->count, &list->capacity, sizeof *list->items);
		if (!list->items)
			return error_memory(error);
		struct tarsier_finding *finding = &list->items[list->count++];
		*finding = findings[i];
		finding->package = &packages[index];
		finding->package_index = index;
	}
	return 0;
}

/* The keys from `first` up to `end` differ only in their package. */
static int match_one_key(struct matching *matching, const struct match_key *first, const struct match_key *end,
                         const struct tarsier_package *packages, struct finding_list *list,
                         struct tarsier_error *error)
{
	struct tarsier_finding *findings = NULL;
	size_t count = 0;
	int code = check_version(matching, first, &packages[first->package], list, error);
	if (code >= 0)
		code = look_up(matching, first, error);
	if (code >= 0 && matching->hit_count)
		code = findings_merge(matching, version_scheme_of_ecosystem(first->ecosystem), &findings, &count, error);
	for (; first < end && code >= 0; first++)
		code = add_findings(matching, findings, count, packages, first->package, list, error);
	return code;
}

static int compare_findings(const void *a, const void *b)
{
	const struct tarsier_finding *one = a, *other = b;
	if (one->severity != other->severity)
		return one->severity > other->severity ? -1 : 1;
	int order = strcmp(one->package->name, other->package->name);
	order = order ? order : strcmp(one->id, other->id);
	return order ? order : (one->package_index > other->package_index) - (one->package_index < other->package_index);
}

void match_sort(struct tarsier_finding *findings, size_t count)
{
	if (count)
		qsort(findings, count, sizeof *findings, compare_findings);
}

static int match_all(struct matching *matching, struct match_key *keys, size_t count,
                     const struct tarsier_package *packages, struct finding_list *list, struct tarsier_error *error)
{
	qsort(keys, count, sizeof *keys, compare_keys);
	int code = check_ecosystems(matching, keys, count, list, error);
	for (size_t i = 0, next; i < count && code >= 0; i = next) {
		for (next = i + 1; next < count && compare_keys(&keys[i], &keys[next]) == 0; next++)
			;
		code = match_one_key(matching, &keys[i], &keys[next], packages, list, error);
	}
	if (code >= 0)
		match_sort(list->items, list->count);
	return code;
}

int match_packages(struct database *database, struct arena *arena, const struct tarsier_package *packages, size_t count,
                   struct finding_list *findings, struct tarsier_error *error)
{
	struct matching matching = {.database = database, .arena = arena};
	size_t key_count = 0;
	struct match_key *keys = arena_array(arena, count, sizeof *keys);
	int code = keys ? 0 : error_memory(error);
	for (size_t i = 0; i < count && code >= 0; i++) {
		if (!*packages[i].ecosystem) /* not matched; the scan reports why */
			continue;
		keys[key_count].package = i;
		code = make_key(arena, &packages[i], &keys[key_count++], error);
	}
	if (code < 0)
		return code;
	arena_init(&matching.scratch, &arena->allocator);
	code = database_acquire(database, &matching.connection, error);
	if (code >= 0)
		code = match_all(&matching, keys, key_count, packages, findings, error);
	database_release(database, matching.connection);
	arena_free(&matching.scratch);
	return code;
}

/* ---- findings of another matcher --------------------------------------------------------------------------------- */

static int finding_take_cve_facts(struct connection *connection, struct arena *arena, const char *name,
                                  struct tarsier_finding *finding, struct tarsier_error *error)
{
	struct cve_facts facts;
	uint32_t cve = cve_number(span_of(name));
	int code = cve ? connection_cve(connection, arena, cve, &facts, error) : 0;
	if (code < 0 || !cve)
		return code;
	if (facts.kev && !finding->kev) {
		finding->kev = true;
		finding->kev_added = facts.kev_added;
		finding->kev_due = facts.kev_due;
	}
	finding->kev_ransomware = finding->kev_ransomware || facts.ransomware;
	if (facts.epss > finding->epss) {
		finding->epss = facts.epss;
		finding->epss_percentile = facts.percentile;
	}
	return 0;
}

int match_enrich(struct database *database, struct arena *arena, struct tarsier_finding *findings, size_t count,
                 struct tarsier_error *error)
{
	struct connection *connection;
	int code = database_acquire(database, &connection, error);
	if (code < 0)
		return code;
	for (size_t i = 0; i < count && code >= 0; i++) {
		struct tarsier_finding *finding = &findings[i];
		bool is_cve = cve_number(span_of(finding->id)) != 0;
		code = finding_take_cve_facts(connection, arena, finding->id, finding, error);
		for (const char *const *alias = finding->aliases; *alias && code >= 0 && !is_cve; alias++)
			code = finding_take_cve_facts(connection, arena, *alias, finding, error);
	}
	database_release(database, connection);
	return code;
}
