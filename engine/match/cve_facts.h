/* what the database's lines about a CVE tell of a finding: cve_table.h lists their kinds */
#ifndef TARSIER_MATCH_CVE_FACTS_H
#define TARSIER_MATCH_CVE_FACTS_H

#include "base/span.h"

/* Sets ssvc_*, eu_exploited, nvd_status and cwes. Returns false if memory ran out. */
bool cve_facts_tell(struct arena *arena, const char *lines, struct tarsier_finding *finding);
/* Returns the id that the EU's database has for it; "" if unknown, NULL if memory ran out. */
const char *cve_facts_alias(struct arena *arena, const char *lines);

#endif
