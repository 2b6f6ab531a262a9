#include "match/lookup.h"

#include "format/ecosystem.h"
#include "match/affected.h"
#include "match/group.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/*
 * Records of other ecosystems may cover the package. Those of a module of the same system count like the system's own.
 * Those of extended support count for packages that it built, and then more than the system's own: Ubuntu's record
 * calls a vulnerability open that Ubuntu Pro's calls fixed. All others are not used, because they name versions of
 * other builds. They are counted, so that a scan can report them.
 */
struct related { int number; span ecosystem; enum ecosystem_relation relation; };

/* Limit of rows compared for one image: a kernel has 4,000, a system's other packages 20 each. Many packages with
 * popular names are an attempt to waste time. */
enum { ROWS_LIMIT = 20 * 1000 * 1000 };

/* ---- related ecosystems ------------------------------------------------------------------------------------------- */

int lookup_begin(struct matching *matching, span ecosystem, struct tarsier_error *error)
{
	const char *const *names = database_ecosystems(matching->database, matching->arena);
	size_t count = 0;
	while (names && names[count])
		count++;
	struct related *related = arena_array(matching->arena, count, sizeof *related);
	if (!names || !related)
		return error_memory(error);
	matching->related = related;
	matching->related_count = 0;
	for (size_t i = 0; i < 2; i++)
		matching->unused[i] = (struct map){.arena = matching->arena};
	memset(matching->unused_packages, 0, sizeof matching->unused_packages);
	for (size_t i = 0; i < count; i++) {
		span name = span_of(names[i]);
		enum ecosystem_relation relation = ecosystem_relation(ecosystem, name);
		if (relation != ECOSYSTEM_UNRELATED)
			related[matching->related_count++] =
				(struct related){database_ecosystem(matching->database, name), name, relation};
	}
	return TARSIER_OK;
}

bool lookup_is_covered(const struct matching *matching)
{
	for (size_t i = 0; i < matching->related_count; i++)
		if (matching->related[i].relation == ECOSYSTEM_SAME || matching->related[i].relation == ECOSYSTEM_MODULE)
			return true;
	return false;
}

/* The builds of Ubuntu Pro ("Ubuntu:Pro:22.04") have "esm" in their versions ("2.27-3ubuntu1.6+esm2"), and those for
 * FIPS ("Ubuntu:Pro:FIPS-updates:22.04") have "fips". The builds of Ubuntu's other offers, and those of Red Hat's and
 * SUSE's extended support, cannot be distinguished from others. */
static bool is_built_for(span ecosystem, const char *version)
{
	static const char pro[] = "Ubuntu:Pro:";
	span offer = span_starts(ecosystem, pro) ? span_from(ecosystem, sizeof pro - 1) : (span){"", 0};
	if (span_starts(offer, "FIPS"))
		return strcasestr(version, "fips") != NULL;
	return offer.len && offer.ptr[0] >= '0' && offer.ptr[0] <= '9' && strstr(version, "esm") != NULL;
}

static bool is_used(const struct related *related, const struct match_key *key)
{
	switch (related->relation) {
	case ECOSYSTEM_SAME:
	case ECOSYSTEM_MODULE:
		return true;
	case ECOSYSTEM_EXTENDED:
		return is_built_for(related->ecosystem, key->version);
	default:
		return false;
	}
}

/* ---- the rows of one package -------------------------------------------------------------------------------------- */

/* One name in one ecosystem. */
struct naming {
	const struct related *related;
	const struct match_key *key;
	const char *name, *version;
	bool epoch_unknown;
};

/* The release of a module's rpm contains the module's build: "3.3.1-2.module+el9.4.0+20787+4c237fd3". */
static bool is_module_build(span version)
{
	return span_contains(version, ".module+") || span_contains(version, ".module_");
}

/* Returns whether the row is for builds of a module, for others, or, with two ranges, for both. */
static void row_builds(const struct package_rows *rows, bool *module, bool *other)
{
	*module = rows->row.stream != 0;
	*other = false;
	for (size_t i = 0; i < rows->row.event_count; i++) {
		uint32_t version = rows->row.events[i].version;
		if (version && is_module_build(rows->versions[version]))
			*module = true;
		else if (version)
			*other = true;
	}
}

/* Returns true if both are "nodejs:20". The version and context of the build may follow:
 * "nodejs:20:8090020240101:489197e6". */
static bool same_stream(span one, span other)
{
	span longer = one.len > other.len ? one : other, shorter = one.len > other.len ? other : one;
	return shorter.len && span_equal((span){longer.ptr, shorter.len}, shorter) &&
	       (longer.len == shorter.len || longer.ptr[shorter.len] == ':');
}

static bool has_stream(span streams, span stream)
{
	span one;
	while (span_next(&streams, ' ', &one))
		if (same_stream(one, stream))
			return true;
	return false;
}

/* Streams of a module have separate version lines, so an advisory for one does not apply to another or to packages
 * outside modules, and one for packages outside modules does not apply to those in modules. An advisory or a package
 * that does not name its stream may belong to any. */
static bool naming_is_meant(const struct naming *naming, const struct package_rows *rows)
{
	const char *module = naming->key->module;
	bool in_module, other;
	if (!naming->key->rpm)
		return true;
	row_builds(rows, &in_module, &other);
	if (!*module && !is_module_build(span_of(naming->version)))
		return other || !in_module;
	return in_module && (!*module || !rows->row.stream || has_stream(rows->versions[rows->row.stream], span_of(module)));
}

typedef int row_action(struct matching *matching, const struct naming *naming, struct installed *installed,
                       const struct package_row *row, struct tarsier_error *error);

/* Calls `act` for every row about the package. */
static int naming_rows(struct matching *matching, const struct naming *naming, row_action *act,
                      struct tarsier_error *error)
{
	struct installed installed;
	struct package_rows rows;
	span blob;
	if (!*naming->name)
		return TARSIER_OK;
	int code = connection_rows(matching->connection, naming->related->number, naming->name, &blob, error);
	if (code <= 0)
		return code;
	code = package_rows_open(&rows, &matching->scratch, blob, error);
	if (code >= 0)
		code = installed_begin(&installed, &matching->scratch, naming->related->ecosystem, span_of(naming->version), &rows,
		                       error);
	installed.epoch_unknown = naming->epoch_unknown;
	while (code >= 0 && (code = package_rows_next(&rows, error)) > 0)
		if (matching->rows_compared++ >= ROWS_LIMIT)
			code = error_set(error, TARSIER_LIMIT, "more than %d advisories would be compared with the image's packages",
			                 ROWS_LIMIT);
		else if (naming_is_meant(naming, &rows))
			code = act(matching, naming, &installed, &rows.row, error);
	return code;
}

static int each_name(struct matching *matching, const struct related *related, const struct match_key *key,
                     row_action *act, struct tarsier_error *error)
{
	const struct naming own = {related, key, key->name, key->version, false};
	const struct naming source = {related, key, key->source, key->source_version, key->epoch_unknown};
	int code = naming_rows(matching, &own, act, error);
	return code < 0 ? code : naming_rows(matching, &source, act, error);
}

/* ---- records that are used ---------------------------------------------------------------------------------------- */

static int add_hit(struct matching *matching, const struct naming *naming, struct installed *installed,
                   const struct package_row *row, struct tarsier_error *error)
{
	struct hit hit = {.advisory = row->advisory, .cve = row->cve, .severity = row->severity, .has_fix = row_has_fix(row),
	                  .informational = row->informational, .status = row->status, .own = row->own,
	                  .vector = "", .fix = "", .affected = installed_is_affected(installed, row),
	                  .extended = naming->related->relation == ECOSYSTEM_EXTENDED};
	matching->unordered += installed->scheme && !installed->ordered && row->event_count;
	if (row->status == STATUS_NOT_AFFECTED)
		hit.affected = false;
	else if (!hit.affected && !hit.has_fix) /* not about this version, and without a fix */
		return TARSIER_OK;
	uint32_t fix = hit.affected ? installed_fix(installed, row) : 0;
	if (fix)
		hit.fix = span_copy(matching->arena, installed->rows->versions[fix]);
	if (row->stream && !naming->key->rpm)
		hit.functions = span_copy(matching->arena, installed->rows->versions[row->stream]);
	if (row->vector)
		hit.vector = span_copy(matching->arena, installed->rows->versions[row->vector]);
	matching->hits = arena_grow(&matching->scratch, matching->hits, matching->hit_count, &matching->hit_capacity,
	                            sizeof hit);
	if (!hit.fix || !hit.vector || !matching->hits)
		return error_memory(error);
	matching->hits[matching->hit_count++] = hit;
	return TARSIER_OK;
}

/* Which hits others replace, by advisory and by CVE; and the hits of own feeds that have no severity, by CVE. */
struct replaced { struct map advisories, cves, wordless; };
enum { BY_OWN = 1, BY_EXTENDED = 2 };

static bool note_replacing(struct replaced *replaced, struct hit *hit)
{
	uintptr_t rank = hit->extended ? BY_EXTENDED : hit->own && hit->cve ? BY_OWN : 0;
	if (hit->own && hit->cve && !hit->severity && !map_put_number(&replaced->wordless, hit->cve, hit))
		return false;
	if (rank == BY_EXTENDED && !map_put_number(&replaced->advisories, hit->advisory, (void *)rank))
		return false;
	return !rank || !hit->cve || (uintptr_t)map_get_number(&replaced->cves, hit->cve) >= rank ||
	       map_put_number(&replaced->cves, hit->cve, (void *)rank);
}

/* The record of extended support for a vulnerability replaces the system's. A statement of the publisher's own feed
 * replaces copies of it elsewhere, which know less and may be older. */
static bool is_replaced(const struct replaced *replaced, const struct hit *hit)
{
	if (hit->extended)
		return false;
	uintptr_t by = hit->cve ? (uintptr_t)map_get_number(&replaced->cves, hit->cve) : 0;
	return by == BY_EXTENDED || (by == BY_OWN && !hit->own) || map_get_number(&replaced->advisories, hit->advisory);
}

/* Some publishers' own feeds state no severity, and copies in OSV do: Ubuntu's VEX. */
static int take_word(struct matching *matching, const struct replaced *replaced, const struct hit *copy,
                     struct tarsier_error *error)
{
	const struct advisory_text *text;
	struct hit *own = copy->cve && !copy->own ? map_get_number(&replaced->wordless, copy->cve) : NULL;
	int code = own ? matching_advisory_text(matching, copy->advisory, &text, error) : 0;
	if (own && code >= 0)
		own->severity = copy->severity || !text->distribution ? copy->severity : text->severity;
	return code;
}

static int drop_replaced(struct matching *matching, struct tarsier_error *error)
{
	struct arena *arena = &matching->scratch;
	struct replaced replaced = {.advisories.arena = arena, .cves.arena = arena, .wordless.arena = arena};
	size_t kept = 0;
	int code = TARSIER_OK;
	for (size_t i = 0; i < matching->hit_count; i++)
		if (!note_replacing(&replaced, &matching->hits[i]))
			return error_memory(error);
	if (replaced.advisories.count + replaced.cves.count == 0)
		return TARSIER_OK;
	for (size_t i = 0; i < matching->hit_count && replaced.wordless.count && code >= 0; i++)
		code = take_word(matching, &replaced, &matching->hits[i], error);
	for (size_t i = 0; i < matching->hit_count; i++)
		if (!is_replaced(&replaced, &matching->hits[i]))
			matching->hits[kept++] = matching->hits[i];
	matching->hit_count = kept;
	return code;
}

/* ---- records that are not used ------------------------------------------------------------------------------------ */

static bool is_seen(const struct matching *matching, uint32_t advisory)
{
	for (size_t i = 0; i < matching->hit_count; i++)
		if (matching->hits[i].advisory == advisory)
			return true;
	return false;
}

static int count_unused(struct matching *matching, const struct naming *naming, struct installed *installed,
                        const struct package_row *row, struct tarsier_error *error)
{
	size_t which = naming->related->relation == ECOSYSTEM_LAYERED;
	if (!installed_is_affected(installed, row) || is_seen(matching, row->advisory))
		return TARSIER_OK;
	matching->has_unused[which] = true;
	if (!map_put_number(&matching->unused[which], row->advisory, matching))
		return error_memory(error);
	return TARSIER_OK;
}

/* ---- one package -------------------------------------------------------------------------------------------------- */

int lookup_key(struct matching *matching, const struct match_key *key, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	arena_free(&matching->scratch);
	matching->hits = NULL;
	matching->hit_count = matching->hit_capacity = matching->unordered = 0;
	memset(matching->has_unused, 0, sizeof matching->has_unused);
	for (size_t i = 0; i < matching->related_count && code >= 0; i++)
		if (is_used(&matching->related[i], key))
			code = each_name(matching, &matching->related[i], key, add_hit, error);
	for (size_t i = 0; i < matching->related_count && code >= 0; i++)
		if (!is_used(&matching->related[i], key))
			code = each_name(matching, &matching->related[i], key, count_unused, error);
	for (size_t i = 0; i < 2; i++)
		matching->unused_packages[i] += matching->has_unused[i];
	return code < 0 ? code : drop_replaced(matching, error);
}
