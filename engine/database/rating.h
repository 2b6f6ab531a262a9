/* whose ratings of severity there are, and in which order they count */
#ifndef TARSIER_DATABASE_RATING_H
#define TARSIER_DATABASE_RATING_H

#include "base/error.h"
#include "base/span.h"

/* In the order in which ratings count unless another is wanted. */
enum rating_class {
	RATING_DISTRIBUTION, /* the distribution's own word, for its package */
	RATING_VENDOR,       /* the score of who published the advisory, of GitHub, or of the CVE's own authority */
	RATING_NVD, RATING_CISA,
	RATING_OTHER,        /* of other ecosystems' records of the same CVE, and words without a score */
	RATING_CLASSES
};
const char *rating_class_name(enum rating_class class); /* "vendor"; static */

/* Returns who published an advisory, by its id: "DSA-5417-1" and "DEBIAN-CVE-…" → "debian", "GHSA-…" → "ghsa". Static; ""
 * if unknown. */
const char *rating_source(const char *id);
/* Returns who made the CVSS vector of an advisory: distributions that do not score copy NVD's. */
const char *rating_vector_source(const char *id);
/* `own`: the rating is in a record about the package itself. */
enum rating_class rating_class_of(const char *source, bool own);

/* Checks a list of sources and classes, separated by commas. Fails with USAGE. */
int rating_check_order(const char *order, struct tarsier_error *error);

#endif
