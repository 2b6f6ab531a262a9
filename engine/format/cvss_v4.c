/* CVSS 4.0, FIRST's "Specification Document" for 4.0, section 8: a table of scores, and interpolation between them */
#include "format/cvss.h"

/* Values are in order of severity, the worst first, so that their index is their distance from the worst. */
enum { AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA, E, CR, IR, AR, MAV };

const struct cvss_metric cvss_metrics_v4[] = {
	{"AV", "N A L P", true},      {"AC", "L H", true},         {"AT", "N P", true},         {"PR", "N L H", true},
	{"UI", "N P A", true},        {"VC", "H L N", true},       {"VI", "H L N", true},       {"VA", "H L N", true},
	{"SC", "H L N", true},        {"SI", "H L N", true},       {"SA", "H L N", true},       {"E", "A P U X", false},
	{"CR", "H M L X", false},     {"IR", "H M L X", false},    {"AR", "H M L X", false},
	{"MAV", "N A L P X", false},  {"MAC", "L H X", false},     {"MAT", "N P X", false},     {"MPR", "N L H X", false},
	{"MUI", "N P A X", false},    {"MVC", "H L N X", false},   {"MVI", "H L N X", false},   {"MVA", "H L N X", false},
	{"MSC", "H L N X", false},    {"MSI", "S H L N X", false}, {"MSA", "S H L N X", false},
	{"S", "N P X", false},        {"AU", "N Y X", false},      {"R", "A U I X", false},     {"V", "D C X", false},
	{"RE", "L M H X", false},     {"U", "Clear Green Amber Red X", false},
	{NULL, NULL, false},
};
_Static_assert(sizeof cvss_metrics_v4 / sizeof *cvss_metrics_v4 == CVSS_METRICS + 1, "cvss_values holds them all");

/* The score, in tenths, of the worst vector in each class ("MacroVector"): [EQ1][EQ2][EQ3 and EQ6][EQ4][EQ5], where EQ3
 * and EQ6 occur together as 00, 01, 10, 11 and 21. */
enum { JOINT_00, JOINT_01, JOINT_10, JOINT_11, JOINT_21 };
static const uint8_t scores[3][2][5][3][3] = {
	{
		{
			{{100,  98,  95}, {100,  93,  91}, { 93,  89,  81}},
			{{ 99,  95,  92}, { 96,  87,  81}, { 90,  80,  68}},
			{{ 98,  95,  90}, { 93,  89,  81}, { 88,  78,  69}},
			{{ 95,  92,  84}, { 92,  81,  65}, { 80,  70,  48}},
			{{ 92,  82,  72}, { 79,  69,  50}, { 69,  55,  27}},
		},
		{
			{{ 99,  95,  92}, { 95,  90,  84}, { 92,  82,  72}},
			{{ 97,  92,  85}, { 91,  83,  71}, { 81,  71,  53}},
			{{ 95,  92,  85}, { 92,  80,  70}, { 84,  71,  50}},
			{{ 93,  85,  73}, { 82,  72,  59}, { 70,  52,  30}},
			{{ 86,  75,  52}, { 71,  52,  29}, { 63,  29,  17}},
		},
	},
	{
		{
			{{ 98,  94,  91}, { 94,  86,  77}, { 87,  74,  63}},
			{{ 95,  87,  81}, { 89,  74,  64}, { 75,  63,  49}},
			{{ 94,  88,  76}, { 86,  74,  59}, { 72,  57,  52}},
			{{ 89,  77,  67}, { 76,  58,  50}, { 57,  52,  25}},
			{{ 83,  70,  54}, { 65,  58,  26}, { 53,  21,  13}},
		},
		{
			{{ 95,  88,  76}, { 90,  75,  61}, { 77,  68,  52}},
			{{ 90,  76,  70}, { 77,  62,  53}, { 66,  59,  30}},
			{{ 89,  76,  62}, { 74,  57,  47}, { 61,  57,  24}},
			{{ 78,  67,  58}, { 59,  57,  23}, { 52,  29,  16}},
			{{ 71,  59,  30}, { 58,  26,  15}, { 23,  13,   6}},
		},
	},
	{
		{
			{{ 93,  86,  75}, { 86,  74,  56}, { 70,  52,  40}},
			{{ 87,  72,  58}, { 74,  61,  34}, { 54,  40,  22}},
			{{ 85,  74,  62}, { 72,  55,  46}, { 53,  34,  19}},
			{{ 75,  55,  51}, { 57,  41,  19}, { 36,  19,   8}},
			{{ 64,  51,  20}, { 47,  21,  11}, { 24,   9,   4}},
		},
		{
			{{ 88,  73,  60}, { 73,  59,  41}, { 54,  45,  20}},
			{{ 75,  53,  50}, { 55,  40,  20}, { 43,  22,  11}},
			{{ 75,  58,  40}, { 61,  48,  20}, { 46,  17,   8}},
			{{ 55,  45,  21}, { 51,  18,   9}, { 18,   7,   2}},
			{{ 53,  24,  14}, { 24,  12,   5}, { 10,   3,   1}},
		},
	},
};

/* The distance of a metric from its worst value. For SC, SI and SA that is safety, which only a modified metric can
 * have. */
static int level(const cvss_values values, int metric)
{
	static const uint8_t others[] = {4, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4}; /* the index of X in a modified metric */
	int below_safety = metric == SC || metric == SI || metric == SA;
	int modified = values[MAV + metric];
	if (modified == CVSS_ABSENT || modified == others[metric])
		return values[metric] + below_safety;
	return modified + (metric == SC);
}

/* A missing threat or requirement counts as the worst. */
static int level_or_worst(const cvss_values values, int metric)
{
	return values[metric] == CVSS_ABSENT || values[metric] == 3 ? 0 : values[metric];
}

struct macro {
	int eq1, eq2, joint, eq4, eq5;
};

static struct macro classify(const int levels[])
{
	struct macro macro = {.eq1 = 2, .eq2 = 1, .eq4 = 2, .eq5 = levels[E]};
	int open = (levels[AV] == 0) + (levels[PR] == 0) + (levels[UI] == 0);
	if (open == 3)
		macro.eq1 = 0;
	else if (open > 0 && levels[AV] < 3)
		macro.eq1 = 1;
	if (levels[AC] == 0 && levels[AT] == 0)
		macro.eq2 = 0;
	int demanded = (levels[CR] == 0 && levels[VC] == 0) || (levels[IR] == 0 && levels[VI] == 0) ||
	               (levels[AR] == 0 && levels[VA] == 0);
	if (levels[VC] == 0 && levels[VI] == 0)
		macro.joint = demanded ? JOINT_00 : JOINT_01;
	else if (levels[VC] == 0 || levels[VI] == 0 || levels[VA] == 0)
		macro.joint = demanded ? JOINT_10 : JOINT_11;
	else
		macro.joint = JOINT_21;
	if (levels[SI] == 0 || levels[SA] == 0)
		macro.eq4 = 0;
	else if (levels[SC] == 1 || levels[SI] == 1 || levels[SA] == 1)
		macro.eq4 = 1;
	return macro;
}

static int table_score(struct macro macro)
{
	return scores[macro.eq1][macro.eq2][macro.joint][macro.eq4][macro.eq5];
}

/* The metrics of a class's worst vectors, one vector in each row. They are tried in order. */
struct worst {
	uint8_t rows;
	uint8_t levels[5][6];
};
static const int metrics_eq1[] = {AV, PR, UI}, metrics_eq2[] = {AC, AT}, metrics_eq4[] = {SC, SI, SA};
static const int metrics_joint[] = {VC, VI, VA, CR, IR, AR};
static const struct worst worst_eq1[] = {
	{1, {{0, 0, 0}}}, {3, {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}}, {2, {{3, 0, 0}, {1, 1, 1}}},
};
static const struct worst worst_eq2[] = {{1, {{0, 0}}}, {2, {{1, 0}, {0, 1}}}};
static const struct worst worst_eq4[] = {{1, {{1, 0, 0}}}, {1, {{1, 1, 1}}}, {1, {{2, 2, 2}}}};
static const struct worst worst_joint[] = {
	[JOINT_00] = {1, {{0, 0, 0, 0, 0, 0}}},
	[JOINT_01] = {2, {{0, 0, 1, 1, 1, 0}, {0, 0, 0, 1, 1, 1}}},
	[JOINT_10] = {2, {{1, 0, 0, 0, 0, 0}, {0, 1, 0, 0, 0, 0}}},
	[JOINT_11] = {5, {{1, 0, 1, 0, 1, 0}, {1, 0, 0, 0, 1, 1}, {0, 1, 0, 1, 0, 1}, {0, 1, 1, 1, 0, 0},
	                  {1, 1, 0, 0, 0, 1}}},
	[JOINT_21] = {1, {{1, 1, 1, 0, 0, 0}}},
};

/* Returns the distance from the first of the class's worst vectors that is at least as bad in every metric. */
static int distance(const struct worst *worst, const int *metrics, size_t count, const int levels[])
{
	for (size_t row = 0; row < worst->rows; row++) {
		int steps = 0;
		size_t i = 0;
		for (; i < count && levels[metrics[i]] >= worst->levels[row][i]; i++)
			steps += levels[metrics[i]] - worst->levels[row][i];
		if (i == count)
			return steps;
	}
	return 0;
}

/* The mean of the differences to the scores of the next lower classes, each multiplied by the covered part of the
 * distance to that class. Computed in whole parts of a tenth, so that nothing is rounded before the end. 2520 is
 * divisible by every class's depth. */
enum { PARTS = 2520 };
struct fall {
	int sum, count;
};

static void add_fall(struct fall *fall, int available, int steps, int depth)
{
	if (available < 0)
		return;
	fall->sum += available * steps * (PARTS / depth);
	fall->count++;
}

/* EQ3 and EQ6 have two lower classes from 00; the milder one counts. */
static int joint_below(struct macro macro)
{
	static const uint8_t next[] = {[JOINT_01] = JOINT_11, [JOINT_10] = JOINT_11, [JOINT_11] = JOINT_21};
	struct macro left = macro, right = macro;
	left.joint = macro.joint == JOINT_00 ? JOINT_01 : next[macro.joint];
	right.joint = macro.joint == JOINT_00 ? JOINT_10 : next[macro.joint];
	int a = table_score(left), b = table_score(right);
	return a > b ? a : b;
}

static struct fall fall_of(struct macro macro, const int levels[])
{
	static const int depth_eq1[] = {1, 4, 5}, depth_eq2[] = {1, 2}, depth_eq4[] = {6, 5, 4};
	static const int depth_joint[] = {7, 6, 8, 8, 10};
	struct fall fall = {0, 0};
	int score = table_score(macro);
	struct macro eq1 = macro, eq2 = macro, eq4 = macro, eq5 = macro;
	int steps1 = distance(&worst_eq1[macro.eq1], metrics_eq1, 3, levels);
	int steps2 = distance(&worst_eq2[macro.eq2], metrics_eq2, 2, levels);
	int steps4 = distance(&worst_eq4[macro.eq4], metrics_eq4, 3, levels);
	int joint_steps = distance(&worst_joint[macro.joint], metrics_joint, 6, levels);
	if (eq1.eq1++ < 2)
		add_fall(&fall, score - table_score(eq1), steps1, depth_eq1[macro.eq1]);
	if (eq2.eq2++ < 1)
		add_fall(&fall, score - table_score(eq2), steps2, depth_eq2[macro.eq2]);
	if (macro.joint != JOINT_21)
		add_fall(&fall, score - joint_below(macro), joint_steps, depth_joint[macro.joint]);
	if (eq4.eq4++ < 2)
		add_fall(&fall, score - table_score(eq4), steps4, depth_eq4[macro.eq4]);
	if (eq5.eq5++ < 2) /* its classes hold one value each: the distance is always 0, but it counts for the mean */
		add_fall(&fall, score - table_score(eq5), 0, 1);
	return fall;
}

double cvss_score_v4(const cvss_values values)
{
	int levels[MAV];
	for (int metric = AV; metric <= SA; metric++)
		levels[metric] = level(values, metric);
	for (int metric = E; metric <= AR; metric++)
		levels[metric] = level_or_worst(values, metric);
	if (levels[VC] == 2 && levels[VI] == 2 && levels[VA] == 2 && levels[SC] == 3 && levels[SI] == 3 && levels[SA] == 3)
		return 0.0;
	struct macro macro = classify(levels);
	struct fall fall = fall_of(macro, levels);
	int whole = PARTS * (fall.count ? fall.count : 1);
	int parts = table_score(macro) * whole - fall.sum;
	int tenths = parts <= 0 ? 0 : (2 * parts + whole) / (2 * whole); /* half up */
	return (tenths < 100 ? tenths : 100) / 10.0;
}
