/* the write-ahead log of rpm's SQLite database: changes that are not in the database file yet */
#ifndef TARSIER_INVENTORY_RPM_LOG_H
#define TARSIER_INVENTORY_RPM_LOG_H

#include "base/error.h"
#include "base/span.h"

/* SQLite's "Database File Format", section 4, "The Write-Ahead Log". */
struct rpm_log {
	span frames;       /* those of committed transactions */
	size_t page_size;
	uint32_t pages;    /* that the database has after the last of them */
};

/* Checks the log's frames as SQLite does when it opens the database: what follows the last commit, or the first frame
 * with a wrong checksum, is ignored. Returns false if nothing is committed, and so the database is as its file says. */
bool rpm_log_open(span content, struct rpm_log *log);

/* Returns the version of a log that SQLite cannot read either; 0 for all else. */
uint32_t rpm_log_other_version(span content);

/* Writes the database with the changes of the log into `into`, which has room for rpm_log_size() bytes. */
size_t rpm_log_size(const struct rpm_log *log);
void rpm_log_apply(const struct rpm_log *log, span database, char *into);

#endif
