/* Semantic Versioning 2.0.0, section 11, extended to what npm, crates.io, Hex and others publish (format/semver.h).
 * Builds are ignored, as node-semver, Elixir's Version and cargo's order of precedence ignore them. */
#include "format/semver.h"

static int compare(span a, span b)
{
	struct semver left = semver_split(a), right = semver_split(b);
	int order = version_compare_numbers(left.numbers, right.numbers);
	return order ? order : semver_compare_releases(left.release, right.release);
}

static bool valid(span version)
{
	return semver_split(version).valid;
}

/* Bitnami's records have ranges of upstream versions; see bitnami.c for those of packages. */
static const char *const ecosystems[] = {
	"npm", "crates.io", "SwiftURL", "Hex", "GitHub Actions", "Kubernetes", "VSCode", NULL,
};

const struct version_scheme scheme_semver = {
	.name = "semver", .compare = compare, .valid = valid, .ecosystems = ecosystems};
