/* decides whether a row affects an installed version, and which version fixes it */
#ifndef TARSIER_MATCH_AFFECTED_H
#define TARSIER_MATCH_AFFECTED_H

#include "database/package_rows.h"
#include "format/version.h"

/* An installed version that is compared with the rows of one package. */
struct installed {
	const struct version_scheme *scheme; /* NULL if the order of the ecosystem's versions is unknown */
	const struct package_rows *rows;
	span version;
	bool ordered;                        /* the scheme accepts the installed version */
	bool epoch_unknown;                  /* epochs of the rows' versions are ignored */
	bool exact_fixes;                    /* a version that a row names as fixed is not affected by that row */
	signed char *orders;                 /* relative to each version of the rows; computed on first use */
};

/* `rows` is borrowed; the rest is in the arena. Returns OK, or MEMORY. */
int installed_begin(struct installed *installed, struct arena *arena, span ecosystem, span version,
                    const struct package_rows *rows, struct tarsier_error *error);

/* By OSV's rules: `versions` lists the installed version, or one of the ranges contains it. */
bool installed_is_affected(struct installed *installed, const struct package_row *row);

/* Returns the number of the lowest version above the installed one that a range names as fixed and that no range
 * contains; 0 if there is none. */
uint32_t installed_fix(struct installed *installed, const struct package_row *row);

/* True if the row names a fixed version. */
bool row_has_fix(const struct package_row *row);

#endif
