/* CVSS base scores, versions 2.0, 3.0, 3.1 and 4.0 */
#ifndef TARSIER_FORMAT_CVSS_H
#define TARSIER_FORMAT_CVSS_H

#include "base/error.h"
#include "base/span.h"

struct cvss {
	int version;                    /* 20, 30, 31, 40 */
	double score;                   /* 0.0 to 10.0, of the base metrics; 4.0: also of threat and environment */
	enum tarsier_severity severity; /* NVD's qualitative scale; a score of 0.0 is NEGLIGIBLE, 2.0 has no CRITICAL */
};

/* Scores a vector: "CVSS:3.1/AV:N/…", "CVSS:4.0/…", or 2.0's "AV:N/AC:L/Au:N/…" with or without parentheses. The
 * metrics may be in any order. Fails with FORMAT if the vector is incomplete, repeats a metric or holds an unknown
 * value, and with UNSUPPORTED for any other version. */
int cvss_score(span vector, struct cvss *cvss, struct tarsier_error *error);

/* Returns the severity of a score of that version: 20, 30, 31, 40. */
enum tarsier_severity severity_of_score(double score, int version);
/* Returns the severity for "critical", "Important", "moderate", "not yet assigned", …, and UNKNOWN for other words. */
enum tarsier_severity severity_of_word(span word);

/* ---- internal to cvss*.c ----------------------------------------------------------------------------------------- */

struct cvss_metric {
	const char *name;   /* "AV" */
	const char *values; /* "N A L P" */
	bool required;
};

/* A parsed vector: for each metric of its table the index of the value in `values`, or ABSENT. */
enum { CVSS_METRICS = 32, CVSS_ABSENT = 0xff };
typedef uint8_t cvss_values[CVSS_METRICS];

extern const struct cvss_metric cvss_metrics_v2[], cvss_metrics_v3[], cvss_metrics_v4[]; /* ends with name NULL */
double cvss_score_v2(const cvss_values values);
double cvss_score_v3(const cvss_values values);
double cvss_score_v4(const cvss_values values);

#endif
