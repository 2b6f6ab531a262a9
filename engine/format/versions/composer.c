/* Composer's versions, as composer/semver normalises them and PHP's version_compare then orders them:
 *
 *	version   ::= "v"? (numbers | date) stability? dev? ["@" word] ["+" build]   |   branch
 *	numbers   ::= number ("." number)*, at most four, the first of at most five digits
 *	date      ::= four digits (sep? two digits)+ [sep? digits]                      2010-01-02, 20100102.1
 *	stability ::= sep? ("stable" | "alpha" | "a" | "beta" | "b" | "RC" | "patch" | "pl" | "p") (("." | "-")? number)*
 *	dev       ::= ("." | "-")? "dev"                 branch ::= numbers, an "x" for each absent one, then dev: 2.x-dev
 *
 * Absent numbers are 0, in a branch 9999999. Case does not matter; builds and "@word" have no effect.
 * dev < alpha < beta < RC < nothing < patch. The number after a stability may be absent: alpha < alpha1. Branches without
 * numbers (dev-main) have no order. */
#include "format/version.h"

#include <string.h>
#include <strings.h>

enum rank { DEV, ALPHA, BETA, CANDIDATE, NUMBER, PATCH };

enum { NUMBERS = 4, FIRST_NUMBER_DIGITS = 5 };

struct composer_version {
	span numbers;     /* separated by any character: "1.2", "2010-01-02" */
	size_t absent;    /* numbers that follow them, all 0 or all 9999999 */
	bool branch, valid, has_dev;
	enum rank rank;   /* NUMBER: no stability */
	span rank_numbers;
};

static bool take_word(span *rest, const char *word)
{
	size_t length = strlen(word);
	if (rest->len < length || strncasecmp(rest->ptr, word, length) != 0)
		return false;
	*rest = span_from(*rest, length);
	return true;
}

static bool take_one(span *rest, const char *characters)
{
	if (!rest->len || !memchr(characters, rest->ptr[0], strlen(characters)))
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

/* Takes (("." | "-")? number)*. */
static span take_rank_numbers(span *rest)
{
	span all = *rest, ahead = *rest;
	do {
		*rest = ahead;
		take_one(&ahead, ".-");
	} while (version_take_digits(&ahead).len);
	return (span){all.ptr, all.len - rest->len};
}

/* Takes ("." | "-")? "dev". */
static bool take_dev(span *rest)
{
	span ahead = *rest;
	take_one(&ahead, ".-");
	if (!take_word(&ahead, "dev"))
		return false;
	*rest = ahead;
	return true;
}

/* Takes sep? stability? dev?, each of which may be absent. */
static void take_modifiers(struct composer_version *version, span *rest)
{
	static const struct { const char *word; enum rank rank; } words[] = {
		{"stable", NUMBER}, {"beta", BETA},   {"b", BETA},   {"rc", CANDIDATE}, {"alpha", ALPHA},
		{"a", ALPHA},       {"patch", PATCH}, {"pl", PATCH}, {"p", PATCH},
	};
	bool is_stable = false;
	take_one(rest, "._-");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!take_word(rest, words[i].word))
			continue;
		span numbers = take_rank_numbers(rest);
		is_stable = words[i].rank == NUMBER;
		if (!is_stable) {
			version->rank = words[i].rank;
			version->rank_numbers = numbers;
		}
		break;
	}
	version->has_dev = take_dev(rest) && !is_stable; /* "1.0-stable-dev" is 1.0 */
}

/* Takes up to four numbers, and in a branch an "x" for each other. Returns false if the first is absent or too long. */
static bool take_numbers(struct composer_version *version, span *rest)
{
	const span all = *rest;
	size_t count = 1;
	span first = version_take_digits(rest), ahead;
	for (ahead = *rest; count < NUMBERS && version_take_char(&ahead, '.') && version_take_digits(&ahead).len; count++)
		*rest = ahead;
	version->numbers = (span){all.ptr, all.len - rest->len};
	version->absent = NUMBERS - count;
	for (ahead = *rest; count < NUMBERS && version_take_char(&ahead, '.') && take_one(&ahead, "xX*"); count++) {
		version->branch = true;
		*rest = ahead;
	}
	return first.len > 0 && first.len <= FIRST_NUMBER_DIGITS;
}

/* Returns the length of the digits at the front, at most `most`. */
static size_t digits(span text, size_t most)
{
	size_t length = 0;
	while (length < text.len && length < most && version_is_digit(text.ptr[length]))
		length++;
	return length;
}

/* Takes four digits, one to six pairs of digits, and up to three more digits. */
static bool take_date(struct composer_version *version, span *rest)
{
	span at = *rest, ahead;
	size_t pairs = 0;
	if (digits(at, 4) < 4)
		return false;
	at = span_from(at, 4);
	for (ahead = at; pairs < 6; pairs++, at = ahead) {
		take_one(&ahead, ".:-");
		if (digits(ahead, 2) < 2)
			break;
		ahead = span_from(ahead, 2);
	}
	ahead = at;
	take_one(&ahead, ".:-");
	if (digits(ahead, 3))
		at = span_from(ahead, digits(ahead, 3));
	version->numbers = (span){rest->ptr, rest->len - at.len};
	version->absent = 0;
	*rest = at;
	return pairs > 0;
}

/* Cuts what has no effect: surrounding space, "@word", "+build" and a leading "v". */
static span without_extras(span text)
{
	static const char *const flags[] = {"@stable", "@RC", "@beta", "@alpha", "@dev"};
	span build, whole = text = span_trim(text);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		size_t length = strlen(flags[i]);
		if (whole.len > length && strncasecmp(whole.ptr + whole.len - length, flags[i], length) == 0)
			text.len = whole.len - length;
	}
	if (span_find(text, '+') >= 0 && !span_ends(text, "+"))
		span_cut(text, '+', &text, &build);
	if (!version_take_char(&text, 'v'))
		version_take_char(&text, 'V');
	return text;
}

static struct composer_version split(span text)
{
	const struct composer_version none = {.rank = NUMBER, .rank_numbers = SPAN("")};
	struct composer_version version = none;
	span whole = text = without_extras(text);
	if (take_numbers(&version, &text)) {
		if (version.branch)
			version.has_dev = take_dev(&text);
		else
			take_modifiers(&version, &text);
		version.valid = !text.len && (!version.branch || version.has_dev);
		if (version.valid)
			return version;
	}
	struct composer_version date = none;
	text = whole;
	if (take_date(&date, &text)) {
		take_modifiers(&date, &text);
		date.valid = !text.len;
	}
	return date.valid ? date : version;
}

/* ---- order ------------------------------------------------------------------------------------------------------- */

/* What version_compare compares one by one. The end of a version is a NUMBER less than any other. */
struct composer_token {
	enum rank rank;
	bool is_end;
	span digits;
};

static struct composer_token next_token(struct composer_version *version)
{
	struct composer_token token = {.rank = NUMBER, .digits = SPAN("")};
	span *numbers = version->numbers.len ? &version->numbers : &version->rank_numbers;
	if (!version->numbers.len && version->absent) {
		version->absent--;
		token.digits = version->branch ? SPAN("9999999") : SPAN("0");
	} else if (!version->numbers.len && version->rank != NUMBER) {
		token.rank = version->rank;
		version->rank = NUMBER;
	} else if (numbers->len) {
		if (!version_is_digit(numbers->ptr[0]))
			*numbers = span_from(*numbers, 1);
		token.digits = version_take_digits(numbers);
	} else {
		token.rank = version->has_dev ? DEV : NUMBER;
		token.is_end = !version->has_dev;
		version->has_dev = false;
	}
	return token;
}

static int compare(span a, span b)
{
	struct composer_version left = split(a), right = split(b);
	for (;;) {
		struct composer_token x = next_token(&left), y = next_token(&right);
		if (x.rank != y.rank)
			return x.rank < y.rank ? -1 : 1;
		if (x.is_end || y.is_end)
			return y.is_end - x.is_end;
		int order = version_compare_digits(x.digits, y.digits);
		if (order)
			return order;
	}
}

static bool valid(span version)
{
	return split(version).valid;
}

static const char *const ecosystems[] = {"Packagist", NULL};

const struct version_scheme scheme_composer = {
	.name = "composer", .compare = compare, .valid = valid, .ecosystems = ecosystems};
