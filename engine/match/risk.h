/* how urgent a finding is, as one number between 0 and 100 */
#ifndef TARSIER_MATCH_RISK_H
#define TARSIER_MATCH_RISK_H

#include "tarsier.h"

#include <stdbool.h>

/* What a finding's risk is made of. */
struct risk_facts {
	enum tarsier_severity severity;
	double cvss, epss; /* negative if unknown */
	bool kev, ransomware, has_fix, in_base, kernel, informational, malicious;
};

/* The most that each part adds; together 100. */
struct risk_weights { double severity, exploitation, fix, own; };
extern const struct risk_weights risk_weights_default;

/*
 * 100 for a malicious package, 0 for a notice that is not a vulnerability; else, of weights that add up to 100,
 *
 *	severity × S + exploitation × E + fix × F + own × O
 *
 *	S  the severity: Defcon1 1, Critical 0.95, High 0.8, Medium 0.55, Low 0.3, Negligible 0.1, Unknown 0.5; with a CVSS
 *	   score the mean of this and a tenth of the score
 *	E  1 if ransomware uses it, 0.9 if it is known to be exploited, else 0.9 × the square root of EPSS; 0.1 if unknown
 *	F  1 if a version that fixes it is known
 *	O  1 unless the code is the base image's
 *
 * and half of it for headers of a kernel that is not there. Rounded to one decimal.
 */
double risk_of(const struct risk_facts *facts, const struct risk_weights *weights);

/* Sets the findings' risk, by the default weights. The lowest `base_layers` layers are the base image's. */
void risk_weigh(struct tarsier_finding *findings, size_t count, size_t base_layers);

/* Returns true for a malicious package: its id or an alias is a MAL- record of the OpenSSF. */
bool finding_is_malicious(const struct tarsier_finding *finding);

#endif
