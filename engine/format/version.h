/* version orders, one file for each scheme in versions/ */
#ifndef TARSIER_FORMAT_VERSION_H
#define TARSIER_FORMAT_VERSION_H

#include "base/error.h"
#include "base/span.h"

/* A scheme is one file, versions/NAME.c, that defines `const struct version_scheme scheme_NAME`, and its data,
 * tests/data/versions/NAME.txt. Nothing else lists it. */
struct version_scheme {
	const char *name;                 /* "deb" */
	int (*compare)(span a, span b);   /* -1 0 1; total: any two texts have an order, even invalid ones */
	bool (*valid)(span version);
	const char *const *ecosystems;    /* the OSV ecosystems that it orders, without releases; NULL-terminated */
	/* Returns true if a and b have an order, though one of them may be invalid. NULL: only valid ones have an order. */
	bool (*ordered)(span a, span b);
	/* Returns true if the less precise `bound` covers `version`: "1.2" of an advisory means every release of 1.2. Both
	 * are valid. NULL: only equal versions. */
	bool (*covers)(span bound, span version);
	/* The tool's own order is not transitive, and so this one is not: a <= b <= c < a for some versions. The file shows them. */
	bool circular;
};

/* Returns true and the order of a and b if the scheme can order them. */
bool version_order(const struct version_scheme *scheme, span a, span b, int *order);
/* Returns true if the scheme can compare the version with most others, so that an advisory may use it as a bound. */
bool version_is_usable(const struct version_scheme *scheme, span version);
/* Returns true if an advisory that names `bound` as affected, or as the last affected version, includes `version`. */
bool version_is_meant(const struct version_scheme *scheme, span bound, span version);

/* Returns the scheme of that name, or of the OSV ecosystem of that name in any case, or of the type of a purl: "npm",
 * "pypi", "crates.io", "Debian:12", "cargo". Returns NULL if the name is unknown. */
const struct version_scheme *version_scheme(const char *name);

/* Returns the scheme that orders an OSV ecosystem's versions: "Debian:12" → deb, "PyPI" → pep440. A release suffix
 * after ':' is ignored. Returns NULL for an ecosystem whose order is not known. */
const struct version_scheme *version_scheme_of_ecosystem(span ecosystem);

/* Helpers of the schemes. Numbers are runs of digits of any length and are never converted to integers. */
static inline bool version_is_digit(char c)
{
	return c >= '0' && c <= '9';
}
static inline bool version_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
span version_take_digits(span *rest);          /* takes the leading digits, maybe none */
span version_take_letters(span *rest);         /* takes the leading ASCII letters */
span version_take_numbers(span *rest);         /* takes number ("." number)* */
int version_compare_digits(span a, span b);    /* by value; an empty text is 0 */
int version_compare_numbers(span a, span b);   /* "1.2.3", separated by any single character; missing numbers are 0 */
bool version_take_char(span *rest, char c);    /* takes a leading c, if there is one */

/* [epoch ":"] version ["-" release], as rpm and pacman write it: the epoch is digits, "" if there is none, and the release
 * begins after the last hyphen. */
struct version_evr {
	span epoch, version, release;
	bool has_release;
};
struct version_evr version_split(span text);

#endif
