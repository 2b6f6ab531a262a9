/* RubyGems' Gem::Version:
 *
 *	version ::= number ("." word)* ["-" part ("." part)*]     word ::= [0-9A-Za-z]+     part ::= [0-9A-Za-z-]+
 *
 * A hyphen stands for ".pre.". Runs of digits and runs of letters are segments, so "1rc2" has three. Zeros directly
 * before the first letters have no effect. An absent segment is 0. Letters are less than numbers, so 1.0.a < 1.0, and
 * compare as bytes. */
#include "format/version.h"

struct gem_version {
	span numbers, rest; /* up to the first letter or hyphen, without zeros at the end; from there on */
};

/* Takes the next segment: digits, letters, or "pre" for a hyphen. */
static bool take_segment(span *rest, span *segment)
{
	while (version_take_char(rest, '.'))
		;
	if (version_take_char(rest, '-')) {
		*segment = SPAN("pre");
		return true;
	}
	*segment = version_take_digits(rest);
	if (!segment->len)
		*segment = version_take_letters(rest);
	return segment->len > 0;
}

static bool is_number(span segment)
{
	return version_is_digit(segment.ptr[0]);
}

static struct gem_version split(span version)
{
	const span all = span_trim(version);
	span at = all, before = all, segment;
	size_t length = 0;
	while (take_segment(&at, &segment) && is_number(segment)) {
		before = at;
		if (version_compare_digits(segment, SPAN("")) != 0)
			length = all.len - at.len;
	}
	return (struct gem_version){{all.ptr, length}, before};
}

static span next_segment(struct gem_version *version)
{
	span segment;
	if (take_segment(&version->numbers, &segment) || take_segment(&version->rest, &segment))
		return segment;
	return SPAN("0");
}

static int compare_segments(span a, span b)
{
	bool left = is_number(a), right = is_number(b);
	if (left && right)
		return version_compare_digits(a, b);
	if (left != right)
		return left ? 1 : -1;
	return span_compare(a, b);
}

static int compare(span a, span b)
{
	struct gem_version left = split(a), right = split(b);
	while (left.numbers.len || left.rest.len || right.numbers.len || right.rest.len) {
		size_t before = left.rest.len + right.rest.len + left.numbers.len + right.numbers.len;
		int order = compare_segments(next_segment(&left), next_segment(&right));
		if (order)
			return order;
		if (before == left.rest.len + right.rest.len + left.numbers.len + right.numbers.len)
			break; /* invalid bytes follow in both */
	}
	return 0;
}

/* Takes one or more letters, digits and, after the first hyphen, hyphens. */
static bool take_part(span *rest, bool hyphens)
{
	size_t before = rest->len;
	while (rest->len && (version_is_digit(rest->ptr[0]) || version_is_letter(rest->ptr[0]) ||
	                     (hyphens && rest->ptr[0] == '-')))
		*rest = span_from(*rest, 1);
	return rest->len < before;
}

static bool valid(span version)
{
	span rest = span_trim(version);
	bool hyphens = false;
	if (!version_take_digits(&rest).len)
		return false;
	while (rest.len) {
		if (!version_take_char(&rest, '.')) {
			if (hyphens || !version_take_char(&rest, '-'))
				return false;
			hyphens = true;
		}
		if (!take_part(&rest, hyphens))
			return false;
	}
	return true;
}

static const char *const ecosystems[] = {"RubyGems", NULL};

const struct version_scheme scheme_gem = {.name = "gem", .compare = compare, .valid = valid, .ecosystems = ecosystems};
