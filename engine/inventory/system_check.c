#include "inventory/system_check.h"

#include <string.h>

bool type_is_system(const char *type)
{
	static const char *const types[] = {"deb", "apk", "rpm", "alpm", "opkg", "ebuild"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

bool package_is_system(const struct tarsier_package *package)
{
	return type_is_system(package->type);
}

static const char *name_of(const struct distro *distro)
{
	return distro->name[0] ? distro->name : distro->id;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* A system package without an ecosystem comes from another system or vendor, if the image's own system has an
 * ecosystem. */
static bool is_foreign(const struct system_check *check, const struct tarsier_package *package)
{
	return check->distro->ecosystem[0] && package_is_system(package) && !*package->ecosystem;
}

/* ---- missing packages -------------------------------------------------------------------------------------------- */

static size_t count_own(const struct system_check *check)
{
	size_t count = 0;
	for (size_t i = 0; i < check->package_count; i++) {
		const struct tarsier_package *package = &check->packages[i];
		count += package_is_system(package) && distro_has_type(check->distro, package->type) && !is_foreign(check, package);
	}
	return count;
}

static int check_absence(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	const char *by = check->by_clair ? "Clair" : "tarsier";
	if (check->package_count == 0)
		return problem_add(problems, TARSIER_PROBLEM_NO_PACKAGES, check->image, 0, error,
		                   "no packages found: nothing is installed in a way that %s can read", by);
	if (!check->distro->id[0] || count_own(check))
		return TARSIER_OK;
	return problem_add(problems, TARSIER_PROBLEM_NO_PACKAGES, check->distro->id, 0, error,
	                   "%s was recognised, and none of its packages were found, only %zu package%s of other kinds: its "
	                   "package database is missing, empty, deleted, or one that %s cannot read",
	                   name_of(check->distro), check->package_count, plural(check->package_count), by);
}

/* ---- packages without a feed ------------------------------------------------------------------------------------- */

static bool is_uncovered(const struct system_check *check, const struct tarsier_package *package)
{
	return !*package->ecosystem && !*package->owner && !is_foreign(check, package);
}

static bool has_uncovered(const struct system_check *check)
{
	for (size_t i = 0; i < check->package_count; i++)
		if (package_is_system(&check->packages[i]) && is_uncovered(check, &check->packages[i]))
			return true;
	return false;
}

/* Reports each type of a language's packages that OSV has no ecosystem for. Packages are sorted by type. */
static int check_languages(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (size_t i = 0, end; i < check->package_count && code >= 0; i = end) {
		const struct tarsier_package *first = NULL;
		size_t count = 0;
		for (end = i; end < check->package_count && strcmp(check->packages[end].type, check->packages[i].type) == 0; end++) {
			const struct tarsier_package *package = &check->packages[end];
			if (package_is_system(package) || !is_uncovered(check, package))
				continue;
			first = first ? first : package;
			count++;
		}
		if (count)
			code = problem_add(problems, TARSIER_PROBLEM_NO_FEED, first->type, 0, error,
			                   "no vulnerability feed covers packages of this kind: %zu %s not matched (%s)", count,
			                   count == 1 ? "was" : "were", first->name);
	}
	return code;
}

static int check_feed(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	const struct distro *distro = check->distro;
	if (!has_uncovered(check))
		return TARSIER_OK;
	if (distro->id[0])
		return problem_add(problems, TARSIER_PROBLEM_NO_FEED, distro->id, 0, error,
		                   "no vulnerability feed covers this distribution: its packages were not matched");
	return problem_add(problems, TARSIER_PROBLEM_NO_DISTRO, check->image, 0, error,
	                   "packages of an operating system, but no os-release that says which: they were not matched");
}

static int check_borrowed(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	const struct distro *distro = check->distro;
	if (!distro->borrowed || check->by_clair || !count_own(check))
		return TARSIER_OK;
	return problem_add(problems, TARSIER_PROBLEM_NOTE, distro->id, 0, error,
	                   "%s publishes no advisories: its packages were matched with those of %s, whose builds they repeat",
	                   name_of(distro), distro->ecosystem);
}

/* ---- third-party packages ---------------------------------------------------------------------------------------- */

enum { VENDORS_TOLD = 10 }; /* further vendors are not reported separately */

struct foreign_kind { const struct tarsier_package *first; size_t count; };

/* Packages of the system's own type are reported by vendor, each other type once. */
static bool is_same_kind(const struct system_check *check, const struct tarsier_package *a, const struct tarsier_package *b)
{
	return strcmp(a->type, b->type) == 0 && (!distro_has_type(check->distro, a->type) || strcmp(a->vendor, b->vendor) == 0);
}

/* Returns the number of kinds, at most VENDORS_TOLD; further ones are dropped. */
static size_t collect_foreign(const struct system_check *check, struct foreign_kind kinds[VENDORS_TOLD])
{
	size_t count = 0;
	for (size_t i = 0; i < check->package_count; i++) {
		const struct tarsier_package *package = &check->packages[i];
		size_t kind = 0;
		if (!is_foreign(check, package))
			continue;
		while (kind < count && !is_same_kind(check, kinds[kind].first, package))
			kind++;
		if (kind == count && count < VENDORS_TOLD)
			kinds[count++] = (struct foreign_kind){package, 0};
		if (kind < count)
			kinds[kind].count++;
	}
	return count;
}

static int tell_foreign(const struct system_check *check, const struct foreign_kind *kind, struct problem_list *problems,
                        struct tarsier_error *error)
{
	const struct tarsier_package *package = kind->first;
	const char *name = name_of(check->distro), *packages = kind->count == 1 ? "package" : "packages";
	if (!distro_has_type(check->distro, package->type))
		return problem_add(problems, TARSIER_PROBLEM_FOREIGN, package->type, 0, error,
		                   "%zu %s %s on %s (%s): another system's packages, not matched", kind->count,
		                   package->type, packages, name, package->name);
	if (*package->vendor)
		return problem_add(problems, TARSIER_PROBLEM_FOREIGN, package->vendor, 0, error,
		                   "%zu %s of %s on %s (%s): the system's advisories do not cover them, and they were not matched",
		                   kind->count, packages, package->vendor, name, package->name);
	return problem_add(problems, TARSIER_PROBLEM_FOREIGN, package->type, 0, error,
	                   "%zu %s on %s that others have built, as the release says (%s %s): not matched", kind->count, packages,
	                   name, package->name, package->version);
}

static int check_foreign(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	struct foreign_kind kinds[VENDORS_TOLD];
	size_t count = collect_foreign(check, kinds);
	int code = TARSIER_OK;
	for (size_t i = 0; i < count && code >= 0; i++)
		code = tell_foreign(check, &kinds[i], problems, error);
	return code;
}

/* ---- end of life ------------------------------------------------------------------------------------------------- */

static int check_age(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	const struct distro *distro = check->distro;
	const struct end_of_life *end = check->end;
	if (!end || !end_of_life_is_over(end, check->today))
		return TARSIER_OK;
	if (!end->extended)
		return problem_add(problems, TARSIER_PROBLEM_END_OF_LIFE, distro->id, 0, error,
		                   "%s is past its end of life: support ended on %s", name_of(distro), end->support);
	bool over = strcmp(check->today, end->extended) > 0;
	return problem_add(problems, TARSIER_PROBLEM_END_OF_LIFE, distro->id, 0, error,
	                   "%s is past its end of life: support ended on %s, extended support %s on %s", name_of(distro),
	                   end->support, over ? "ended" : "ends", end->extended);
}

int system_check_run(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error)
{
	static int (*const checks[])(const struct system_check *, struct problem_list *, struct tarsier_error *) = {
		check_absence, check_feed, check_languages, check_borrowed, check_foreign, check_age,
	};
	int code = TARSIER_OK;
	for (size_t i = 0; i < sizeof checks / sizeof *checks && code >= 0; i++)
		code = checks[i](check, problems, error);
	return code;
}
