/* checks that the judged image was matched at all */
#include "policy/policy.h"

#include <string.h>

/* The same rules as the command's exit codes 3, 4 and 5 (lua/tarsier/cli/exit.lua): an image that was not matched has
 * no findings, and must not pass because of that. */

static bool is_kind(const struct subject_problem *problem, const char *kind)
{
	return strcmp(problem->kind, kind) == 0;
}

/* Returns true if the problem by itself leaves packages unknown or unmatched. */
static bool is_gap(const struct subject_problem *problem)
{
	static const char *const kinds[] = {"unreadable", "missing", "no_packages", "no_distro", "no_database"};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (is_kind(problem, kinds[i]))
			return true;
	return false;
}

static bool is_uncovered(const struct subject *subject, const char *ecosystem)
{
	struct subject_problem problem;
	for (size_t i = 0; subject->problem(subject, i, &problem); i++)
		if (is_kind(&problem, "no_feed") && strcmp(problem.subject, ecosystem) == 0)
			return true;
	return false;
}

/* Returns true if at least one package's ecosystem is covered by the database, or nothing was missing. */
static bool has_cover(const struct subject *subject)
{
	struct subject_problem problem;
	bool has_gap = false;
	for (size_t i = 0; !has_gap && subject->problem(subject, i, &problem); i++)
		has_gap = is_kind(&problem, "no_feed");
	for (size_t i = 0; has_gap && i < subject->package_count; i++) {
		const char *ecosystem = subject->ecosystem(subject, i);
		if (*ecosystem && !is_uncovered(subject, ecosystem))
			return true;
	}
	return !has_gap;
}

static const char *describe(struct arena *arena, const struct subject_problem *problem)
{
	if (is_kind(problem, "unreadable"))
		return arena_format(arena, "%s cannot be read, so that its packages are unknown", problem->subject);
	if (is_kind(problem, "missing"))
		return arena_format(arena, "%s is %s, so that its packages are unknown", problem->subject, problem->message);
	return arena_format(arena, "nothing was judged: %s", problem->message);
}

bool policy_find_gap(struct arena *arena, const struct subject *subject, const char **reason)
{
	struct subject_problem problem;
	*reason = NULL;
	for (size_t i = 0; subject->problem(subject, i, &problem); i++)
		if (is_gap(&problem))
			return (*reason = describe(arena, &problem)) != NULL;
	if (!subject->has_database && strncmp(subject->backend, "clair", 5) != 0)
		*reason = arena_string(arena, "nothing was judged: there was no vulnerability database");
	else if (!subject->package_count)
		*reason = arena_string(arena, "nothing was judged: no packages were found");
	else if (*subject->system && is_uncovered(subject, subject->system))
		*reason = arena_format(arena, "nothing was judged: the database does not cover %s", subject->system);
	else if (!has_cover(subject))
		*reason = arena_string(arena, "nothing was judged: the database covers none of the image's packages");
	else
		return true;
	return *reason != NULL;
}
