/* floor 1: orders of versions, one file a scheme in versions/ */
#ifndef TARSIER_VERSION_H
#define TARSIER_VERSION_H

#include "error.h"
#include "span.h"

struct version_scheme {
	const char *name;                 /* "deb" */
	int (*compare)(span a, span b);   /* -1 0 1; both valid */
	bool (*valid)(span version);
};

/* NULL where there is none of that name. */
const struct version_scheme *version_scheme(const char *name);

/* The scheme that orders an OSV ecosystem's versions: "Debian:12" → deb, "PyPI" → pep440. A release suffix after ':'
 * is ignored. NULL for an ecosystem whose order nobody here knows. */
const struct version_scheme *version_scheme_of_ecosystem(span ecosystem);

#endif
