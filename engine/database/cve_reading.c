#include "database/cve_reading.h"

#include "format/cve_id.h"
#include "format/cvss.h"

#include <string.h>
#include <strings.h>

static const char *const kinds[CVE_KINDS] = {
	[CVE_NVD] = "nvd", [CVE_CNA] = "cna", [CVE_CISA] = "cisa", [CVE_SSVC] = "ssvc", [CVE_CWE] = "cwe",
	[CVE_EUVD] = "euvd", [CVE_EXPLOITED] = "exploited", [CVE_NVD_STATUS] = "nvd_status",
};

void cve_reading_reset(struct cve_reading *reading)
{
	arena_reset(&reading->arena);
	memset(reading->values, 0, sizeof reading->values);
	memset(reading->versions, 0, sizeof reading->versions);
}

void cve_note_vector(struct cve_reading *reading, enum cve_kind source, const char *vector)
{
	struct cvss cvss;
	if (!*vector || cvss_score(span_of(vector), &cvss, NULL) < 0 || cvss.version <= reading->versions[source])
		return;
	reading->values[source] = vector;
	reading->versions[source] = cvss.version;
}

static const char *ssvc_word(const struct json_node *value)
{
	const char *word = node_string(value);
	return word && *word && strlen(word) < 16 && !strchr(word, ' ') ? word : NULL;
}

bool cve_note_ssvc(struct cve_reading *reading, const struct json_node *options)
{
	static const char *const points[] = {"Exploitation", "Automatable", "Technical Impact", "technicalImpact"};
	const char *words[] = {"none", "no", "partial"};
	bool any = false;
	for (const struct json_node *option = node_first(options); option; option = option->next)
		for (const struct json_node *member = option->first; member; member = member->next)
			for (size_t i = 0; i < 4; i++)
				if (member->key && strcasecmp(member->key, points[i]) == 0 && ssvc_word(member)) {
					words[i > 2 ? 2 : i] = ssvc_word(member);
					any = true;
				}
	if (!any)
		return true;
	reading->values[CVE_SSVC] = arena_format(&reading->arena, "%s %s %s", words[0], words[1], words[2]);
	return reading->values[CVE_SSVC];
}

bool cve_note_cwe(struct cve_reading *reading, const char *cwe)
{
	const char *known = reading->values[CVE_CWE];
	uint64_t number;
	if (!span_starts(span_of(cwe), "CWE-") || !span_number(span_of(cwe + 4), &number) || (known && strlen(known) > 256))
		return true;
	span rest = span_of(known), word;
	while (span_next(&rest, ' ', &word))
		if (span_is(word, cwe))
			return true;
	reading->values[CVE_CWE] = known ? arena_format(&reading->arena, "%s %s", known, cwe)
	                                 : arena_string(&reading->arena, cwe);
	return reading->values[CVE_CWE];
}

const char *cve_english(const struct json_node *descriptions)
{
	const struct json_node *first = node_first(descriptions);
	for (const struct json_node *one = first; one; one = one->next)
		if (strncmp(node_text(one, "lang"), "en", 2) == 0)
			return node_text(one, "value");
	return node_text(first, "value");
}

static int give_text(struct cve_reading *reading, const struct cve_text *text, struct tarsier_error *error)
{
	static const char *none[] = {NULL};
	const struct advisory advisory = {
		.scope = reading->feed, .id = text->id, .summary = text->summary, .details = text->details, .url = text->url,
		.published = text->published, .modified = text->modified, .aliases = none, .cvss = none,
		.references = text->references ? text->references : none};
	return *text->details ? reading->sink->advisory(reading->sink->user, &advisory, error) : 0;
}

int cve_give(struct cve_reading *reading, const struct cve_text *text, struct tarsier_error *error)
{
	int code = 0;
	for (size_t i = 0; i < CVE_KINDS && code >= 0; i++) {
		const struct cve_statement statement = {text->id, kinds[i], reading->values[i]};
		if (statement.value)
			code = reading->sink->stated(reading->sink->user, &statement, error);
	}
	return code < 0 ? code : give_text(reading, text, error);
}
