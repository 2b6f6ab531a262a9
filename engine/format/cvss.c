#include "format/cvss.h"

#include <string.h>

static const struct kind {
	const char *prefix; /* the longest first */
	int version;
	const struct cvss_metric *metrics;
} kinds[] = {
	{"CVSS:4.0/", 40, cvss_metrics_v4}, {"CVSS:3.1/", 31, cvss_metrics_v3}, {"CVSS:3.0/", 30, cvss_metrics_v3},
	{"CVSS:2.0/", 20, cvss_metrics_v2}, {"", 20, cvss_metrics_v2},
};

static const struct kind *kind_of(span vector)
{
	const struct kind *kind = kinds;
	while (!span_starts(vector, kind->prefix))
		kind++;
	return kind;
}

static int find_metric(const struct cvss_metric *metrics, span name)
{
	for (int i = 0; metrics[i].name; i++)
		if (span_is(name, metrics[i].name))
			return i;
	return -1;
}

static int find_value(const char *values, span value)
{
	span rest = span_of(values), known;
	for (int i = 0; span_next(&rest, ' ', &known); i++)
		if (span_equal(known, value))
			return i;
	return -1;
}

/* metric ::= name ":" value */
static int read_metric(const struct cvss_metric *metrics, span text, cvss_values values, struct tarsier_error *error)
{
	span name, value;
	span_cut(text, ':', &name, &value);
	int metric = find_metric(metrics, name);
	if (metric < 0)
		return error_set(error, TARSIER_FORMAT, "CVSS vector: unknown metric \"%.*s\"", SPAN_ARG(text));
	int index = find_value(metrics[metric].values, value);
	if (index < 0)
		return error_set(error, TARSIER_FORMAT, "CVSS vector: \"%.*s\" is not valid: the values are %s", SPAN_ARG(text),
		                 metrics[metric].values);
	if (values[metric] != CVSS_ABSENT)
		return error_set(error, TARSIER_FORMAT, "CVSS vector: metric %s is given twice", metrics[metric].name);
	values[metric] = (uint8_t)index;
	return TARSIER_OK;
}

static int read_metrics(const struct cvss_metric *metrics, span text, cvss_values values, struct tarsier_error *error)
{
	memset(values, CVSS_ABSENT, CVSS_METRICS);
	span part;
	while (span_next(&text, '/', &part)) {
		int code = read_metric(metrics, part, values, error);
		if (code < 0)
			return code;
	}
	for (int i = 0; metrics[i].name; i++)
		if (metrics[i].required && values[i] == CVSS_ABSENT)
			return error_set(error, TARSIER_FORMAT, "CVSS vector: metric %s is missing", metrics[i].name);
	return TARSIER_OK;
}

/* NVD, "Vulnerability Metrics"; the scales of FIRST's 3.x and 4.0 specifications agree with it. */
enum tarsier_severity severity_of_score(double score, int version)
{
	if (score < 0.05)
		return TARSIER_SEVERITY_NEGLIGIBLE;
	if (score < 3.95)
		return TARSIER_SEVERITY_LOW;
	if (score < 6.95)
		return TARSIER_SEVERITY_MEDIUM;
	return score < 8.95 || version == 20 ? TARSIER_SEVERITY_HIGH : TARSIER_SEVERITY_CRITICAL;
}

int cvss_score(span vector, struct cvss *cvss, struct tarsier_error *error)
{
	memset(cvss, 0, sizeof *cvss);
	vector = span_trim(vector);
	if (span_starts(vector, "(") && span_ends(vector, ")"))
		vector = (span){vector.ptr + 1, vector.len - 2};
	const struct kind *kind = kind_of(vector);
	if (kind->prefix[0] == '\0' && span_starts(vector, "CVSS:"))
		return error_set(error, TARSIER_UNSUPPORTED, "\"%.*s\": only CVSS 2.0, 3.0, 3.1 and 4.0 are supported",
		                 SPAN_ARG(vector));
	cvss_values values;
	int code = read_metrics(kind->metrics, span_from(vector, strlen(kind->prefix)), values, error);
	if (code < 0)
		return code;
	cvss->version = kind->version;
	if (kind->version == 40)
		cvss->score = cvss_score_v4(values);
	else if (kind->version == 20)
		cvss->score = cvss_score_v2(values);
	else
		cvss->score = cvss_score_v3(values);
	cvss->severity = severity_of_score(cvss->score, kind->version);
	return TARSIER_OK;
}

/* The ratings of Debian's tracker (urgencies), Ubuntu, Red Hat and AlmaLinux, SUSE, GitHub, NVD and Clair. */
enum tarsier_severity severity_of_word(span word)
{
	static const struct { const char *word; enum tarsier_severity severity; } words[] = {
		{"none", TARSIER_SEVERITY_NEGLIGIBLE},     {"negligible", TARSIER_SEVERITY_NEGLIGIBLE},
		{"unimportant", TARSIER_SEVERITY_NEGLIGIBLE}, {"low", TARSIER_SEVERITY_LOW},
		{"minor", TARSIER_SEVERITY_LOW},           {"medium", TARSIER_SEVERITY_MEDIUM},
		{"moderate", TARSIER_SEVERITY_MEDIUM},     {"high", TARSIER_SEVERITY_HIGH},
		{"important", TARSIER_SEVERITY_HIGH},      {"critical", TARSIER_SEVERITY_CRITICAL},
		{"urgent", TARSIER_SEVERITY_CRITICAL},     {"defcon1", TARSIER_SEVERITY_DEFCON1},
	};
	word = span_trim(word);
	while (span_ends(word, "*")) /* Debian marks unconfirmed urgencies */
		word.len--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (span_is_nocase(word, words[i].word))
			return words[i].severity;
	return TARSIER_SEVERITY_UNKNOWN;
}
