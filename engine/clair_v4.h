/* floor 5: what clair_v4*.c share */
#ifndef TARSIER_CLAIR_V4_H
#define TARSIER_CLAIR_V4_H

#include "clair_parts.h"

struct v4 {
	struct clair *clair;
	struct clair_image *image;
	struct digest hash; /* of the manifest: what both servers call the image */
};

/* clair_v4_report.c: a vulnerability report, of this image, as our records. BACKEND where it is not whole: a key
 * that must be there is not, or an id that is used has no record. */
int clair_v4_read(const struct v4 *v4, const json_t *report, struct clair_result *result, struct tarsier_error *error);

#endif
