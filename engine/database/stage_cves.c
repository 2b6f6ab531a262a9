/* stages KEV and EPSS entries of CVEs */
#include "database/write.h"
#include "format/cve_id.h"
#include "format/date.h"

#include <string.h>

/* Of two entries for one CVE the later dates are used, in any order of arrival. */
static bool take_later(struct arena *arena, const char **kept, const char *date)
{
	if (*kept && strcmp(date, *kept) <= 0)
		return true;
	*kept = arena_string(arena, date);
	return *kept != NULL;
}

int writer_kev(struct database_writer *writer, const struct kev *kev, struct tarsier_error *error)
{
	uint32_t cve = cve_number(span_of(kev->id));
	if (!cve)
		return 1;
	struct cve_entry *entry = cve_table_at(&writer->cves, cve);
	if (!entry || !take_later(&writer->arena, &entry->kev_added, kev->added) ||
	    !take_later(&writer->arena, &entry->kev_due, kev->due))
		return error_memory(error);
	entry->ransomware = entry->ransomware || kev->ransomware;
	entry->from_kev = true;
	return 0;
}

int writer_state(struct database_writer *writer, const struct cve_statement *statement, struct tarsier_error *error)
{
	uint32_t cve = cve_number(span_of(statement->id));
	if (!cve)
		return 1;
	struct cve_entry *entry = cve_table_at(&writer->cves, cve);
	if (!entry || strchr(statement->value, '\n'))
		return entry ? 1 : error_memory(error);
	return cve_table_state(&writer->cves, entry, statement->kind, statement->value) ? 0 : error_memory(error);
}

static int32_t hundred_thousandths(double fraction)
{
	return (int32_t)(fraction * 1e5 + 0.5);
}

/* The later file's scores are used; of two for one day, or without a day, the higher. */
int writer_epss(struct database_writer *writer, const struct epss *epss, struct tarsier_error *error)
{
	uint32_t cve = cve_number(span_of(epss->id));
	if (!cve)
		return 1;
	struct cve_entry *entry = cve_table_at(&writer->cves, cve);
	if (!entry)
		return error_memory(error);
	int32_t score = hundred_thousandths(epss->score), percentile = hundred_thousandths(epss->percentile);
	int order = (writer->scores_day > entry->epss_day) - (writer->scores_day < entry->epss_day);
	entry->from_epss = true;
	if (order < 0 || (order == 0 && score < entry->epss))
		return 0;
	entry->percentile = order == 0 && score == entry->epss && entry->percentile > percentile ? entry->percentile
	                  : percentile;
	entry->epss = score;
	entry->epss_day = writer->scores_day;
	return 0;
}

static int keep_date(struct database_writer *writer, const char **kept, const char *day, struct tarsier_error *error)
{
	if (strcmp(day, *kept) <= 0)
		return 0;
	*kept = arena_string(&writer->arena, day);
	return *kept ? 0 : error_memory(error);
}

int writer_dated(struct database_writer *writer, const char *feed, const char *date, struct tarsier_error *error)
{
	if (!date_begins(date))
		return 0;
	const char *day = arena_copy(&writer->arena, date, 10);
	if (!day)
		return error_memory(error);
	if (strcmp(feed, "epss") == 0)
		writer->scores_day = date_number(day);
	if (strcmp(feed, "epss") == 0 && strcmp(day, writer->epss_date) >= 0) {
		const char *model = strchr(date, ' ');
		writer->epss_model = arena_string(&writer->arena, model ? model + 1 : "");
		if (!writer->epss_model)
			return error_memory(error);
	}
	if (strcmp(feed, "epss") == 0)
		return keep_date(writer, &writer->epss_date, day, error);
	return strcmp(feed, "kev") == 0 ? keep_date(writer, &writer->kev_date, day, error) : 0;
}
