/* Lists of numbers, where a list that begins another is less: 1.0 < 1.0.0.
 *
 *	version ::= number (("." | "-") number)*
 *
 * So do R order package versions (R's help page "package_version"), for CRAN and Bioconductor, and Haskell's Data.Version
 * those of Hackage (pvp.haskell.org) and GHC. */
#include "format/version.h"

static bool take_separator(span *rest)
{
	return version_take_char(rest, '.') || version_take_char(rest, '-');
}

static int compare(span a, span b)
{
	for (;;) {
		int order = version_compare_digits(version_take_digits(&a), version_take_digits(&b));
		if (order)
			return order;
		bool more_left = take_separator(&a), more_right = take_separator(&b);
		if (!more_left || !more_right)
			return more_left - more_right;
	}
}

static bool valid(span version)
{
	do
		if (version_take_digits(&version).len == 0)
			return false;
	while (take_separator(&version));
	return version.len == 0;
}

static const char *const ecosystems[] = {"CRAN", "Bioconductor", "Hackage", "GHC", NULL};

const struct version_scheme scheme_numbers = {
	.name = "numbers", .compare = compare, .valid = valid, .ecosystems = ecosystems};
