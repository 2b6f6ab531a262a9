/* Bitnami's package versions: a semantic version of the program, then a revision of the package.
 *
 *	version ::= semantic version without a hyphen ["-" (revision | pre-release)] ["+" build]
 *
 * A revision does not begin with a letter and is later than the version alone: 1.2.3 < 1.2.3-0 < 1.2.3-1 < 1.2.4, as in
 * Bitnami's go-version. Its records name pre-releases of programs, too: 2.6.0-rc1 < 2.6.0. */
#include "format/semver.h"

/* 0: a pre-release, 1: neither, 2: a revision */
static int rank(const struct semver *version)
{
	if (!version->release.len)
		return 1;
	return version_is_letter(version->release.ptr[0]) ? 0 : 2;
}

static int compare(span a, span b)
{
	struct semver left = semver_split(a), right = semver_split(b);
	int order = version_compare_numbers(left.numbers, right.numbers);
	if (order)
		return order;
	int ranks = rank(&left) - rank(&right);
	if (ranks)
		return ranks < 0 ? -1 : 1;
	return semver_compare_words(left.release, right.release);
}

static bool valid(span version)
{
	return semver_split(version).valid;
}

static const char *const ecosystems[] = {"Bitnami", NULL};

const struct version_scheme scheme_bitnami = {
	.name = "bitnami", .compare = compare, .valid = valid, .ecosystems = ecosystems};
