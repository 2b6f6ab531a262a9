#include "match/cve_facts.h"

/* Returns the value of a kind; empty if there is none. */
static span find(const char *lines, const char *kind)
{
	span rest = span_of(lines), line, key, value;
	while (span_next(&rest, '\n', &line))
		if (span_cut(line, ' ', &key, &value) && span_is(key, kind))
			return value;
	return SPAN("");
}

/* "active yes total" */
static bool set_ssvc(struct arena *arena, span value, struct tarsier_finding *finding)
{
	const char **const fields[] = {&finding->ssvc_exploitation, &finding->ssvc_automatable, &finding->ssvc_impact};
	for (size_t i = 0; i < 3; i++) {
		span word = SPAN("");
		span_next(&value, ' ', &word);
		if (!(*fields[i] = span_copy(arena, word)))
			return false;
	}
	return true;
}

static const char *const *list_of(struct arena *arena, span value)
{
	size_t count = 0, capacity = 0;
	const char **list = NULL;
	span word = SPAN("");
	for (bool more = true; more; count++) {
		more = span_next(&value, ' ', &word);
		list = arena_grow(arena, list, count, &capacity, sizeof *list);
		if (!list || (more && !(list[count] = span_copy(arena, word))))
			return NULL;
	}
	return list;
}

bool cve_facts_tell(struct arena *arena, const char *lines, struct tarsier_finding *finding)
{
	return set_ssvc(arena, find(lines, "ssvc"), finding) &&
	       (finding->eu_exploited = span_copy(arena, find(lines, "exploited"))) &&
	       (finding->nvd_status = span_copy(arena, find(lines, "nvd_status"))) &&
	       (finding->cwes = list_of(arena, find(lines, "cwe")));
}

const char *cve_facts_alias(struct arena *arena, const char *lines)
{
	return span_copy(arena, find(lines, "euvd"));
}
