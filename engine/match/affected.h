/* is a version affected by what a row says, and which version would not be */
#ifndef TARSIER_MATCH_AFFECTED_H
#define TARSIER_MATCH_AFFECTED_H

#include "database/package_rows.h"
#include "format/version.h"

/* One installed version against the rows of one package. */
struct evaluation {
	const struct version_scheme *scheme; /* or NULL: nobody here knows the ecosystem's order */
	const struct package_rows *rows;
	span installed;
	bool ordered;                        /* the scheme allows the installed version */
	bool exact_fixes;                    /* a version that a row names as a fix is not affected by it */
	signed char *orders;                 /* of the installed version to each version of the rows; found when first asked */
};

int evaluation_begin(struct evaluation *evaluation, struct arena *arena, span ecosystem, span installed,
                     const struct package_rows *rows, struct tarsier_error *error);

/* By OSV's rules: named in `versions`, or inside any of the ranges. */
bool evaluation_affected(struct evaluation *evaluation, const struct package_row *row);

/* The number of the lowest version above the installed one that a range names as fixed and that none of the ranges
 * affects; 0 where there is none. */
uint32_t evaluation_fix(struct evaluation *evaluation, const struct package_row *row);

/* Does it name a fix at all? */
bool row_has_fix(const struct package_row *row);

#endif
