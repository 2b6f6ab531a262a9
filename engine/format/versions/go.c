/* Go's module versions (go.dev/ref/mod#versions) and its toolchain's (go.dev/doc/toolchain#version):
 *
 *	module    ::= semantic version ["+incompatible"]
 *	toolchain ::= ["go"] number "." number [("." number) | (("beta" | "rc") number)]
 *
 * Pseudo-versions are pre-releases of the version that would follow: v0.0.0-20190101000000-abcdefabcdef, and
 * v1.2.4-0.20190101000000-abcdefabcdef after v1.2.3. "+incompatible" has no effect. The Go vulnerability database
 * writes the toolchain's "1.21rc2" as "1.21.0-rc.2", so these two are equal. */
#include "format/semver.h"

static struct semver split(span text)
{
	if (span_starts(text, "go") && text.len > 2 && version_is_digit(text.ptr[2]))
		text = span_from(text, 2);
	return semver_split(text);
}

/* Takes the word "rc" of "rc2" if the release follows the numbers directly, and "2" next. */
static bool next_word(struct semver *version, span *word)
{
	if (!version->hyphen && version->release.len && version_is_letter(version->release.ptr[0])) {
		*word = version_take_letters(&version->release);
		version->hyphen = true;
		version_take_char(&version->release, '.');
		return true;
	}
	return span_next(&version->release, '.', word);
}

static int compare_releases(struct semver left, struct semver right)
{
	if (left.release.len == 0 || right.release.len == 0)
		return (left.release.len == 0) - (right.release.len == 0);
	for (;;) {
		span a, b;
		bool more_left = next_word(&left, &a), more_right = next_word(&right, &b);
		if (!more_left || !more_right)
			return more_left - more_right;
		int order = semver_compare_words(a, b);
		if (order)
			return order;
	}
}

static int compare(span a, span b)
{
	struct semver left = split(a), right = split(b);
	int order = version_compare_numbers(left.numbers, right.numbers);
	return order ? order : compare_releases(left, right);
}

static bool valid(span version)
{
	return split(version).valid;
}

static const char *const ecosystems[] = {"Go", NULL};

const struct version_scheme scheme_go = {.name = "go", .compare = compare, .valid = valid, .ecosystems = ecosystems};
