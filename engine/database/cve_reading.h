/* what feeds about CVEs have in common */
#ifndef TARSIER_DATABASE_CVE_READING_H
#define TARSIER_DATABASE_CVE_READING_H

#include "database/advisory.h"
#include "format/json_tree.h"

/* The facts that one record tells of a CVE, collected and then given to the sink. */
enum cve_kind { CVE_NVD, CVE_CNA, CVE_CISA, CVE_SSVC, CVE_CWE, CVE_EUVD, CVE_EXPLOITED, CVE_NVD_STATUS, CVE_KINDS };
struct cve_reading {
	struct advisory_sink *sink;
	struct arena arena;            /* memory for one record */
	const char *feed;              /* the scope of texts: "nvd" */
	const char *values[CVE_KINDS]; /* or NULL */
	int versions[CVE_KINDS];       /* of the CVSS vector of a rating */
};

/* Forgets the last record. */
void cve_reading_reset(struct cve_reading *reading);
/* Notes a vector, if it is valid and of a higher version of CVSS than that source's last one. */
void cve_note_vector(struct cve_reading *reading, enum cve_kind source, const char *vector);
/* CISA's decision points, which stand in a list of objects or in one, in any case: { "Exploitation": "active" },
 * { "Automatable": "yes" }, { "Technical Impact": "total" }. → "active yes total" */
bool cve_note_ssvc(struct cve_reading *reading, const struct json_node *options);
/* Adds "CWE-79". Returns false if memory ran out. */
bool cve_note_cwe(struct cve_reading *reading, const char *cwe);

/* The description of a record in English, from a list of { "lang", "value" }; else the first; "" without one. */
const char *cve_english(const struct json_node *descriptions);

struct cve_text { const char *id, *summary, *details, *published, *modified, *url; const char **references; };
/* Gives the facts, and the texts for records about packages that have none. */
int cve_give(struct cve_reading *reading, const struct cve_text *text, struct tarsier_error *error);

#endif
