/* the base equations of CVSS 2.0, 3.0 and 3.1 */
#include "format/cvss.h"

#include <math.h>

/* ---- 2.0: FIRST, "A Complete Guide to the CVSS Version 2.0", section 3.2.1 --------------------------------------- */

const struct cvss_metric cvss_metrics_v2[] = {
	{"AV", "L A N", true},    {"AC", "H M L", true},    {"Au", "M S N", true}, /* authentication */
	{"C", "N P C", true},     {"I", "N P C", true},     {"A", "N P C", true},
	{"E", "U POC F H ND", false},    {"RL", "OF TF W U ND", false}, {"RC", "UC UR C ND", false},
	{"CDP", "N L LM MH H ND", false}, {"TD", "N L M H ND", false},
	{"CR", "L M H ND", false}, {"IR", "L M H ND", false}, {"AR", "L M H ND", false},
	{NULL, NULL, false},
};

/* The guide means decimals, so a score that doubles put slightly below the middle is rounded up, too. */
static double round_to_tenth(double score)
{
	return floor(score * 10 + 0.5 + 1e-9) / 10;
}

double cvss_score_v2(const cvss_values values)
{
	static const double vector[] = {0.395, 0.646, 1.0}, complexity[] = {0.35, 0.61, 0.71};
	static const double authentication[] = {0.45, 0.56, 0.704}, harm[] = {0.0, 0.275, 0.660};
	double impact = 10.41 * (1 - (1 - harm[values[3]]) * (1 - harm[values[4]]) * (1 - harm[values[5]]));
	double exploitability = 20 * vector[values[0]] * complexity[values[1]] * authentication[values[2]];
	if (values[3] == 0 && values[4] == 0 && values[5] == 0)
		return 0.0;
	return round_to_tenth((0.6 * impact + 0.4 * exploitability - 1.5) * 1.176);
}

/* ---- 3.0 and 3.1: FIRST, "Common Vulnerability Scoring System: Specification Document", sections 7.1 and 7.4 ----- */

enum { AV, AC, PR, UI, S, C, I, A };

const struct cvss_metric cvss_metrics_v3[] = {
	{"AV", "N A L P", true},       {"AC", "L H", true},           {"PR", "N L H", true},        {"UI", "N R", true},
	{"S", "U C", true},            {"C", "H L N", true},          {"I", "H L N", true},         {"A", "H L N", true},
	{"E", "X H F P U", false},     {"RL", "X U W T O", false},    {"RC", "X C R U", false},
	{"CR", "X H M L", false},      {"IR", "X H M L", false},      {"AR", "X H M L", false},
	{"MAV", "X N A L P", false},   {"MAC", "X L H", false},       {"MPR", "X N L H", false},    {"MUI", "X N R", false},
	{"MS", "X U C", false},        {"MC", "X H L N", false},      {"MI", "X H L N", false},     {"MA", "X H L N", false},
	{NULL, NULL, false},
};

/* 3.0 rounds up to the next tenth. 3.1 (its appendix A) first rounds to five decimals, so that doubles cannot change
 * the result. In exact arithmetic no base score is so close above a tenth that it matters, so this is correct for
 * both. */
static double round_up(double score)
{
	long hundred_thousandths = lround(score * 100000);
	return (double)((hundred_thousandths + 9999) / 10000) / 10;
}

static double impact_v3(const cvss_values values)
{
	static const double harm[] = {0.56, 0.22, 0.0};
	double base = 1 - (1 - harm[values[C]]) * (1 - harm[values[I]]) * (1 - harm[values[A]]);
	if (values[S] == 0)
		return 6.42 * base;
	return 7.52 * (base - 0.029) - 3.25 * pow(base - 0.02, 15);
}

static double exploitability_v3(const cvss_values values)
{
	static const double vector[] = {0.85, 0.62, 0.55, 0.2}, complexity[] = {0.77, 0.44}, interaction[] = {0.85, 0.62};
	static const double privileges[2][3] = {{0.85, 0.62, 0.27}, {0.85, 0.68, 0.5}};
	return 8.22 * vector[values[AV]] * complexity[values[AC]] * privileges[values[S]][values[PR]] *
	       interaction[values[UI]];
}

double cvss_score_v3(const cvss_values values)
{
	double impact = impact_v3(values), score = impact + exploitability_v3(values);
	if (impact <= 0)
		return 0.0;
	if (values[S] == 1)
		score *= 1.08;
	return round_up(score < 10 ? score : 10);
}
