/* decides whose rating of a vulnerability counts, and keeps the others */
#ifndef TARSIER_MATCH_SEVERITIES_H
#define TARSIER_MATCH_SEVERITIES_H

#include "match/group.h"

/* Sets severity, severity_source, cvss_* and severities of a finding, which is made of these mentions. `facts` is NULL if
 * it has no CVE. Returns OK, or MEMORY. */
int severities_set(struct matching *matching, struct tarsier_finding *finding, const struct mention *mentions,
                   size_t count, const struct cve_facts *facts, struct tarsier_error *error);

#endif
