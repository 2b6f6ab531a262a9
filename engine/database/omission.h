/* what an import skips, by reason */
#ifndef TARSIER_DATABASE_OMISSION_H
#define TARSIER_DATABASE_OMISSION_H

#include <stdbool.h>
#include <stdint.h>

enum omission {
	OMIT_UNREADABLE,   /* records, or parts of them */
	OMIT_NEWS,
	OMIT_NOTHING_AFFECTED,
	OMIT_NAMELESS,     /* packages */
	OMIT_ECOSYSTEM,
	OMIT_COMMITS,
	OMIT_NO_VERSIONS,
	OMIT_TOO_LARGE,
	OMIT_BOUND,        /* ranges */
	OMIT_NO_ORDER,
	OMIT_VECTOR,       /* CVSS vectors */
	OMIT_NAME,         /* packages; stored as a number: append only */
	OMISSIONS
};

/* Returns "packages of an ecosystem that is not known" and the like; static. */
const char *omission_text(enum omission omission);
/* Returns true if each case deserves its own warning because the record is wrong. */
bool omission_is_fault(enum omission omission);

#endif
