/* what KEV and EPSS say, put beside the advisories of a database to be */
#include "database/write.h"
#include "format/cve_id.h"
#include "format/date.h"

#include <string.h>

int writer_kev(struct database_writer *writer, const struct kev *kev, struct tarsier_error *error)
{
	uint32_t cve = cve_number(span_of(kev->id));
	if (!cve)
		return 1;
	struct cve_entry *entry = cve_table_at(&writer->cves, cve);
	if (!entry)
		return error_memory(error);
	entry->kev_added = arena_string(&writer->arena, kev->added);
	entry->kev_due = arena_string(&writer->arena, kev->due);
	entry->ransomware = kev->ransomware;
	entry->from_kev = true;
	return entry->kev_added && entry->kev_due ? 0 : error_memory(error);
}

int writer_epss(struct database_writer *writer, const struct epss *epss, struct tarsier_error *error)
{
	uint32_t cve = cve_number(span_of(epss->id));
	if (!cve)
		return 1;
	struct cve_entry *entry = cve_table_at(&writer->cves, cve);
	if (!entry)
		return error_memory(error);
	entry->epss = (int32_t)(epss->score * 1e5 + 0.5);
	entry->percentile = (int32_t)(epss->percentile * 1e5 + 0.5);
	entry->from_epss = true;
	return 0;
}

int writer_dated(struct database_writer *writer, const char *feed, const char *date, struct tarsier_error *error)
{
	const char **kept = strcmp(feed, "kev") == 0 ? &writer->kev_date : strcmp(feed, "epss") == 0 ? &writer->epss_date
		: NULL;
	if (!kept || !date_begins(date) || strcmp(date, *kept) <= 0)
		return 0;
	*kept = arena_copy(&writer->arena, date, 10); /* the day */
	return *kept ? 0 : error_memory(error);
}
