/* Gentoo's Package Manager Specification 8, "Version specifications" and "Version comparison":
 *
 *	version  ::= number ("." number)* [a-z]? ("_" suffix number?)* ("-r" number)?
 *	suffix   ::= "alpha" | "beta" | "pre" | "rc" | "p"
 *
 * Numbers after the first that begin with a zero are compared as text without the zeros at their end. Of two versions with
 * the same beginning the one with more numbers is greater. Suffixes: alpha < beta < pre < rc < none < p. An absent number
 * of a suffix, and an absent revision, is 0. */
#include "format/version.h"

#include <string.h>

static bool starts_with_zero(span number)
{
	return number.len && number.ptr[0] == '0';
}

static span without_zeros(span number)
{
	while (number.len && number.ptr[number.len - 1] == '0')
		number.len--;
	return number;
}

static int compare_numbers(span *a, span *b)
{
	int order = version_compare_digits(version_take_digits(a), version_take_digits(b));
	while (order == 0 && span_starts(*a, ".") && span_starts(*b, ".")) {
		*a = span_from(*a, 1);
		*b = span_from(*b, 1);
		span left = version_take_digits(a), right = version_take_digits(b);
		bool text = starts_with_zero(left) || starts_with_zero(right);
		order = text ? span_compare(without_zeros(left), without_zeros(right)) : version_compare_digits(left, right);
	}
	return order ? order : span_starts(*a, ".") - span_starts(*b, ".");
}

static int take_letter(span *rest)
{
	if (!rest->len || rest->ptr[0] < 'a' || rest->ptr[0] > 'z')
		return 0;
	int letter = rest->ptr[0];
	*rest = span_from(*rest, 1);
	return letter;
}

/* Takes "_suffix" and returns its rank; 0 if there is none. */
static int take_suffix(span *rest)
{
	static const struct { const char *word; int rank; } suffixes[] = {
		{"_alpha", -4}, {"_beta", -3}, {"_pre", -2}, {"_rc", -1}, {"_p", 1},
	};
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (span_starts(*rest, suffixes[i].word)) {
			*rest = span_from(*rest, strlen(suffixes[i].word));
			return suffixes[i].rank;
		}
	return 0;
}

static int compare_suffixes(span *a, span *b)
{
	for (;;) {
		int left = take_suffix(a), right = take_suffix(b);
		if (left != right)
			return left < right ? -1 : 1;
		if (!left)
			return 0;
		int order = version_compare_digits(version_take_digits(a), version_take_digits(b));
		if (order)
			return order;
	}
}

static span take_revision(span *rest)
{
	if (!span_starts(*rest, "-r"))
		return SPAN("");
	*rest = span_from(*rest, 2);
	return version_take_digits(rest);
}

static int compare(span a, span b)
{
	int order = compare_numbers(&a, &b);
	if (order)
		return order;
	int left = take_letter(&a), right = take_letter(&b);
	order = (left > right) - (left < right);
	if (order == 0)
		order = compare_suffixes(&a, &b);
	if (order == 0)
		order = version_compare_digits(take_revision(&a), take_revision(&b));
	return order ? order : span_compare(a, b);
}

static bool valid(span version)
{
	do {
		if (!version_take_digits(&version).len)
			return false;
	} while (version_take_char(&version, '.'));
	take_letter(&version);
	while (take_suffix(&version))
		version_take_digits(&version);
	if (span_starts(version, "-r") && !take_revision(&version).len)
		return false;
	return version.len == 0;
}

static const char *const ecosystems[] = {"Gentoo", NULL};

const struct version_scheme scheme_portage = {
	.name = "portage", .compare = compare, .valid = valid, .ecosystems = ecosystems};
