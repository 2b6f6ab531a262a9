/* Semantic Versioning 2.0.0, section 11, extended to what npm, Go, crates.io, Bitnami and others publish:
 *
 *	version  ::= ["v" | "V" | "="] number ("." number)* ["-" release | "."? letter …release] ["+" build]
 *	release  ::= word ("." word)*    word, build ::= [0-9A-Za-z_-]+ (build: dots too)
 *
 * More lenient than the standard: absent numbers are 0, and there may be more than three (1.2 = 1.2.0 = 1.2.0.0).
 * Leading zeros are allowed. A letter after the numbers begins a pre-release as a hyphen does (1.0.0rc1, 4.0.0.Beta2),
 * so 1.2.3.Final is before 1.2.3. Builds are ignored: Go's +incompatible has no effect, and its pseudo-versions are
 * pre-releases. */
#include "format/version.h"

struct semver_version {
	span numbers, release;
	bool valid;
};

static bool is_word(char c)
{
	return version_is_digit(c) || version_is_letter(c) || c == '-' || c == '_';
}

static bool valid_words(span text)
{
	size_t length = 0;
	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && is_word(text.ptr[i])) {
			length++;
			continue;
		}
		if (length == 0 || (i < text.len && text.ptr[i] != '.'))
			return false;
		length = 0;
	}
	return true;
}

/* Takes number ("." number)*, also if a letter follows the dot. */
static span take_numbers(span *rest)
{
	span all = *rest;
	size_t length = version_take_digits(rest).len;
	while (length > 0 && rest->len > 1 && rest->ptr[0] == '.' && version_is_digit(rest->ptr[1])) {
		version_take_char(rest, '.');
		length += 1 + version_take_digits(rest).len;
	}
	if (length > 0 && rest->len > 1 && rest->ptr[0] == '.' && version_is_letter(rest->ptr[1]))
		version_take_char(rest, '.');
	return (span){all.ptr, length};
}

static struct semver_version split(span text)
{
	struct semver_version parts = {.release = SPAN("")};
	span build;
	bool has_build = span_cut(text, '+', &text, &build);
	if (!version_take_char(&text, 'v') && !version_take_char(&text, 'V'))
		version_take_char(&text, '=');
	parts.numbers = take_numbers(&text);
	parts.valid = parts.numbers.len > 0 && (!has_build || valid_words(build));
	bool hyphen = version_take_char(&text, '-');
	parts.release = text;
	if (hyphen || text.len > 0)
		parts.valid = parts.valid && valid_words(text) && (hyphen || version_is_letter(text.ptr[0]));
	return parts;
}

static bool is_number(span word)
{
	version_take_digits(&word);
	return word.len == 0;
}

static int compare_words(span a, span b)
{
	bool left = is_number(a), right = is_number(b);
	if (left && right)
		return version_compare_digits(a, b);
	if (left != right)
		return left ? -1 : 1;
	return span_compare(a, b);
}

/* A version without a pre-release is the greatest. If one pre-release is the beginning of the other, the longer one is
 * greater. */
static int compare_releases(span a, span b)
{
	if (a.len == 0 || b.len == 0)
		return (a.len == 0) - (b.len == 0);
	for (;;) {
		span left, right;
		bool more_left = span_next(&a, '.', &left), more_right = span_next(&b, '.', &right);
		if (!more_left || !more_right)
			return more_left - more_right;
		int order = compare_words(left, right);
		if (order)
			return order;
	}
}

static int compare(span a, span b)
{
	struct semver_version left = split(a), right = split(b);
	int order = version_compare_numbers(left.numbers, right.numbers);
	return order ? order : compare_releases(left.release, right.release);
}

static bool valid(span version)
{
	return split(version).valid;
}

static const char *const ecosystems[] = {
	"npm", "Go", "crates.io", "Bitnami", "SwiftURL", "Hex", "Pub", "GitHub Actions", "Julia", NULL,
};

const struct version_scheme scheme_semver = {
	.name = "semver", .compare = compare, .valid = valid, .ecosystems = ecosystems};
