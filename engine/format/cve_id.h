/* CVE ids as numbers */
#ifndef TARSIER_FORMAT_CVE_ID_H
#define TARSIER_FORMAT_CVE_ID_H

#include "base/span.h"

/* Returns "CVE-2021-44228", in any case, as a number that sorts by year and then by sequence. Returns 0 if it is not a
 * CVE id. */
uint32_t cve_number(span id);
/* Writes the id of a number that cve_number returned. Returns `name`. */
enum { CVE_NAME_SIZE = 24 };
const char *cve_name(uint32_t number, char name[CVE_NAME_SIZE]);
/* Returns the CVE that a distribution's tracker describes in "DEBIAN-CVE-2021-44228", and 0 for any other id. */
uint32_t cve_tracked(span id);

/* Sets *cve to the next CVE id in a text, such as that of a bug's title, and moves *rest behind it. Returns false if there
 * is none. */
bool cve_next(span *rest, span *cve);

#endif
