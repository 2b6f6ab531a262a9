/* vercmp(8) of pacman:
 *
 *	version ::= [epoch ":"] version ["-" release]
 *
 * The epoch is 0 if it is absent. The release begins after the last hyphen, and counts only if both versions have one. Parts
 * are compared segment by segment: runs of digits and runs of letters, between separators whose length counts ("1..0"
 * is greater than "1.0"). A number is greater than letters. What is left over when one part ends is greater, except
 * letters, which mark a pre-release: 1.0rc < 1.0.
 *
 * The order is vercmp's own, and as there it is not transitive where a release is absent, or a separator has nothing
 * behind it: 1 = 1-1 < 1-2 = 1. */
#include "format/version.h"

static size_t skip_separators(span *text)
{
	size_t length = 0;
	while (length < text->len && !version_is_digit(text->ptr[length]) && !version_is_letter(text->ptr[length]))
		length++;
	*text = span_from(*text, length);
	return length;
}

/* Both begin with a letter or a digit. */
static int compare_segment(span *a, span *b)
{
	bool number = version_is_digit(a->ptr[0]), other = version_is_digit(b->ptr[0]);
	if (number != other)
		return number ? 1 : -1;
	span left = number ? version_take_digits(a) : version_take_letters(a);
	span right = number ? version_take_digits(b) : version_take_letters(b);
	return number ? version_compare_digits(left, right) : span_compare(left, right);
}

/* One of the two has ended. */
static int compare_rest(span a, span b)
{
	if (!a.len && !b.len)
		return 0;
	if (a.len)
		return version_is_letter(a.ptr[0]) ? -1 : 1;
	return version_is_letter(b.ptr[0]) ? 1 : -1;
}

static int compare_part(span a, span b)
{
	while (a.len && b.len) {
		size_t left = skip_separators(&a), right = skip_separators(&b);
		if (!a.len || !b.len)
			break;
		if (left != right)
			return left < right ? -1 : 1;
		int order = compare_segment(&a, &b);
		if (order)
			return order;
	}
	return compare_rest(a, b);
}

static int compare(span a, span b)
{
	struct version_evr left = version_split(a), right = version_split(b);
	int order = version_compare_digits(left.epoch, right.epoch);
	if (order == 0)
		order = compare_part(left.version, right.version);
	if (order == 0 && left.has_release && right.has_release)
		order = compare_part(left.release, right.release);
	return order;
}

/* pacman orders any text. PKGBUILD(5): a version holds no hyphen, slash, colon or white space. */
static bool valid(span version)
{
	for (size_t i = 0; i < version.len; i++) {
		unsigned char c = (unsigned char)version.ptr[i];
		if (c <= ' ' || c >= 0x7f || c == '/')
			return false;
	}
	struct version_evr parts = version_split(version);
	return parts.version.len > 0 && span_find(parts.version, ':') < 0 && span_find(parts.version, '-') < 0 &&
	       (!parts.has_release || parts.release.len > 0);
}

static const char *const ecosystems[] = {"Arch Linux", NULL};

const struct version_scheme scheme_pacman = {
	.name = "pacman", .compare = compare, .valid = valid, .ecosystems = ecosystems, .circular = true};
