/* Dart's pub_semver and Julia's VersionNumber: semantic versions whose builds count. A version without a build is less
 * than the same version with one: 1.0.0 < 1.0.0+1 < 1.0.0+2. Packages of native libraries of Julia (…_jll) number their
 * builds so. */
#include "format/semver.h"

static int compare(span a, span b)
{
	struct semver left = semver_split(a), right = semver_split(b);
	int order = version_compare_numbers(left.numbers, right.numbers);
	if (order == 0)
		order = semver_compare_releases(left.release, right.release);
	return order ? order : semver_compare_words(left.build, right.build);
}

static bool valid(span version)
{
	return semver_split(version).valid;
}

static const char *const ecosystems[] = {"Pub", "Julia", NULL};

const struct version_scheme scheme_pub = {.name = "pub", .compare = compare, .valid = valid, .ecosystems = ecosystems};
