/* floor 1: CVSS base scores, versions 2.0, 3.0, 3.1 and 4.0 */
#ifndef TARSIER_CVSS_H
#define TARSIER_CVSS_H

#include "error.h"
#include "span.h"

struct cvss {
	int version;                    /* 20, 30, 31, 40 */
	double score;                   /* of the base metrics (4.0: with the threat and environmental ones given), 0.0 to 10.0 */
	enum tarsier_severity severity; /* NVD's qualitative scale; a score of 0.0 is NEGLIGIBLE */
};

/* Scores a vector: "CVSS:3.1/AV:N/…", "CVSS:4.0/…", or 2.0's "AV:N/AC:L/Au:N/…" with or without parentheses. FORMAT on a
 * vector that is incomplete, repeats a metric or holds an unknown value. */
int cvss_score(span vector, struct cvss *cvss, struct tarsier_error *error);

/* "critical", "Important", "moderate", "not yet assigned", … → the scale; UNKNOWN for other words. */
enum tarsier_severity severity_of_word(span word);

#endif
