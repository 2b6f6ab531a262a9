#include "match/risk.h"

#include "base/span.h"

#include <math.h>

const struct risk_weights risk_weights_default = {45, 40, 10, 5};

static double severity_part(const struct risk_facts *facts)
{
	static const double words[] = {
		[TARSIER_SEVERITY_UNKNOWN] = 0.5, [TARSIER_SEVERITY_NEGLIGIBLE] = 0.1, [TARSIER_SEVERITY_LOW] = 0.3,
		[TARSIER_SEVERITY_MEDIUM] = 0.55, [TARSIER_SEVERITY_HIGH] = 0.8, [TARSIER_SEVERITY_CRITICAL] = 0.95,
		[TARSIER_SEVERITY_DEFCON1] = 1,
	};
	double word = words[facts->severity];
	return facts->cvss < 0 ? word : (word + facts->cvss / 10) / 2;
}

static double exploitation_part(const struct risk_facts *facts)
{
	if (facts->kev)
		return facts->ransomware ? 1 : 0.9;
	return facts->epss < 0 ? 0.1 : 0.9 * sqrt(facts->epss);
}

double risk_of(const struct risk_facts *facts, const struct risk_weights *weights)
{
	if (facts->malicious)
		return 100;
	if (facts->informational)
		return 0;
	double sum = weights->severity * severity_part(facts) + weights->exploitation * exploitation_part(facts) +
	             weights->fix * facts->has_fix + weights->own * !facts->in_base;
	sum = fmin(fmax(sum, 0), 100);
	return round((facts->kernel ? sum / 2 : sum) * 10) / 10;
}

bool finding_is_malicious(const struct tarsier_finding *finding)
{
	bool is_malicious = span_starts(span_of(finding->id), "MAL-");
	for (const char *const *alias = finding->aliases; !is_malicious && alias && *alias; alias++)
		is_malicious = span_starts(span_of(*alias), "MAL-");
	return is_malicious;
}

void risk_weigh(struct tarsier_finding *findings, size_t count, size_t base_layers)
{
	for (size_t i = 0; i < count; i++) {
		struct tarsier_finding *finding = &findings[i];
		const struct risk_facts facts = {
			.severity = finding->severity, .cvss = finding->cvss_score, .epss = finding->epss, .kev = finding->kev,
			.ransomware = finding->kev_ransomware, .has_fix = finding->fixed_version && *finding->fixed_version,
			.in_base = finding->package->layer < base_layers, .kernel = finding->package->kernel,
			.informational = finding->informational, .malicious = finding_is_malicious(finding)};
		finding->risk = risk_of(&facts, &risk_weights_default);
	}
}
