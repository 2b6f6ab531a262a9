/* what v4*.c share */
#ifndef TARSIER_CLAIR_V4_H
#define TARSIER_CLAIR_V4_H

#include "clair/internal.h"

struct v4 {
	struct clair *clair;
	struct clair_image *image;
	struct digest hash; /* what both servers call the image */
	bool posted;        /* Clair may have an index report of that name */
};

/* v4_report.c: a vulnerability report, of this image, as our records. BACKEND where it is not whole. */
int clair_v4_read(const struct v4 *v4, json_t *report, struct clair_result *result, struct tarsier_error *error);

/* v4_check.c: BACKEND where a key that must be there is not, a value is of another kind than it must be, or an id
 * that is used has no record. Whoever reads the report afterwards need not look again. */
int clair_v4_check(const struct v4 *v4, json_t *report, struct tarsier_error *error);
int clair_v4_broken(struct tarsier_error *error, const char *what, const char *id);
bool clair_v4_is_cvss(const char *enrichment);

#endif
