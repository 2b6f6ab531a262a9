#include "match/match.h"

#include "format/cve_id.h"
#include "format/version.h"
#include "inventory/go_functions.h"
#include "match/key.h"
#include "match/lookup.h"
#include "match/merge.h"

#include <stdlib.h>
#include <string.h>

/* ---- problems ---------------------------------------------------------------------------------------------------- */

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* Reports that records of the ecosystem cannot be matched, or only some of them. */
static int check_ecosystem(struct matching *matching, span ecosystem, size_t count, struct problem_list *problems,
                           struct tarsier_error *error)
{
	const char *name = span_copy(matching->arena, ecosystem), *are = count == 1 ? "is" : "are";
	if (!name)
		return error_memory(error);
	if (!lookup_is_covered(matching))
		return problem_add(problems, TARSIER_PROBLEM_NO_FEED, name, 0, error,
		                   "%zu package%s of %s %s not matched: the database holds no advisories for it; import a feed that does "
		                   "with `tarsier db import PATH…`", count, plural(count), name, are);
	if (database_coverage(matching->database, ecosystem) == DATABASE_COVERS_STRAY)
		return problem_add(problems, TARSIER_PROBLEM_NO_FEED, name, 0, error,
		                   "%zu package%s of %s %s matched by a few records only: the database holds no feed of it; import one "
		                   "with `tarsier db import PATH…`", count, plural(count), name, are);
	if (!version_scheme_of_ecosystem(ecosystem))
		return problem_add(problems, TARSIER_PROBLEM_NO_FEED, name, 0, error,
		                   "%zu package%s of %s %s matched by exact version only: tarsier does not know how its versions are "
		                   "ordered", count, plural(count), name, are);
	return TARSIER_OK;
}

/* A version that its scheme does not accept cannot be compared. That matters if an advisory names the package. */
static int check_version(struct matching *matching, const struct match_key *key, const struct tarsier_package *package,
                         struct problem_list *problems, struct tarsier_error *error)
{
	size_t count = matching->unordered;
	if (!count)
		return TARSIER_OK;
	return problem_add(problems, TARSIER_PROBLEM_VERSION, package->path, package->layer, error,
	                   "%.100s has version %.100s, which is not valid for %s: %zu advisor%s for it could be matched by exact "
	                   "version only", package->name, key->version, version_scheme_of_ecosystem(key->ecosystem)->name, count,
	                   count == 1 ? "y" : "ies");
}

/* Reports advisories that name installed packages, but in another product. */
static int check_unused(struct matching *matching, span ecosystem, struct problem_list *problems,
                        struct tarsier_error *error)
{
	static const char *const products[] = {"its extended support", "other products that are built for it"};
	const char *name = span_copy(matching->arena, ecosystem);
	int code = name ? TARSIER_OK : error_memory(error);
	for (size_t i = 0; i < 2 && code >= 0; i++) {
		size_t count = matching->unused[i].count, packages = matching->unused_packages[i];
		if (count)
			code = problem_add(problems, TARSIER_PROBLEM_UNUSED, name, 0, error,
			                   "%zu advisor%s for %zu package%s of %s %s not used, because %s for %s: if the packages come from "
			                   "there, they are affected", count, count == 1 ? "y" : "ies", packages, plural(packages), name,
			                   count == 1 ? "was" : "were", count == 1 ? "it is" : "they are", products[i]);
	}
	return code;
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static const char *symbol_of(const struct tarsier_package *package, const char *functions)
{
	if (strcmp(package->ecosystem, "Go") != 0)
		return "";
	return functions && package->functions ? go_functions_state(package->functions, span_of(functions)) : "unknown";
}

static int add_findings(struct matching *matching, const struct tarsier_finding *findings, size_t count,
                        const struct tarsier_package *packages, size_t index, struct finding_list *list,
                        struct tarsier_error *error)
{
	for (size_t i = 0; i < count; i++) {
		if (list->count >= FINDINGS_LIMIT)
			return error_set(error, TARSIER_LIMIT, "more than %d findings: the image seems crafted to exceed it",
			                 FINDINGS_LIMIT);
		list->items = arena_grow(matching->arena, list->items, list->count, &list->capacity, sizeof *list->items);
		if (!list->items)
			return error_memory(error);
		struct tarsier_finding *finding = &list->items[list->count++];
		*finding = findings[i];
		finding->package = &packages[index];
		finding->package_index = index;
		finding->symbol = symbol_of(&packages[index], matching->functions[i]);
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
	if (atomic_load(matching->cancelled))
		return error_set(error, TARSIER_CANCELLED, "cancelled");
	int code = lookup_key(matching, first, error);
	if (code >= 0)
		code = check_version(matching, first, &packages[first->package], &list->problems, error);
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

/* All keys have the same ecosystem. */
static int match_ecosystem(struct matching *matching, const struct match_key *keys, size_t count,
                           const struct tarsier_package *packages, struct finding_list *list,
                           struct tarsier_error *error)
{
	int code = lookup_begin(matching, keys->ecosystem, error);
	if (code >= 0)
		code = check_ecosystem(matching, keys->ecosystem, count, &list->problems, error);
	for (size_t i = 0, next; i < count && code >= 0; i = next) {
		for (next = i + 1; next < count && match_key_compare(&keys[i], &keys[next]) == 0; next++)
			;
		code = match_one_key(matching, &keys[i], &keys[next], packages, list, error);
	}
	return code < 0 ? code : check_unused(matching, keys->ecosystem, &list->problems, error);
}

static int match_all(struct matching *matching, const struct match_key *keys, size_t count,
                     const struct tarsier_package *packages, struct finding_list *list, struct tarsier_error *error)
{
	int code = 0;
	for (size_t i = 0, next; i < count && code >= 0; i = next) {
		for (next = i + 1; next < count && span_equal(keys[next].ecosystem, keys[i].ecosystem); next++)
			;
		code = match_ecosystem(matching, &keys[i], next - i, packages, list, error);
	}
	if (code >= 0)
		match_sort(list->items, list->count);
	return code;
}

int match_packages(struct database *database, struct arena *arena, const struct tarsier_package *packages, size_t count,
                   const char *severity_order, const atomic_bool *cancelled, struct finding_list *findings,
                   struct tarsier_error *error)
{
	struct matching matching = {
		.database = database, .arena = arena, .cancelled = cancelled, .severity_order = severity_order};
	struct match_key *keys;
	size_t key_count;
	findings->problems.arena = arena;
	int code = match_keys(arena, packages, count, &keys, &key_count, error);
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
                 const atomic_bool *cancelled, struct tarsier_error *error)
{
	struct connection *connection;
	int code = database_acquire(database, &connection, error);
	if (code < 0)
		return code;
	for (size_t i = 0; i < count && code >= 0; i++) {
		struct tarsier_finding *finding = &findings[i];
		bool is_cve = cve_number(span_of(finding->id)) != 0;
		if (atomic_load(cancelled))
			code = error_set(error, TARSIER_CANCELLED, "cancelled");
		else
			code = finding_take_cve_facts(connection, arena, finding->id, finding, error);
		for (const char *const *alias = finding->aliases; *alias && code >= 0 && !is_cve; alias++)
			code = finding_take_cve_facts(connection, arena, *alias, finding, error);
	}
	database_release(database, connection);
	return code;
}
