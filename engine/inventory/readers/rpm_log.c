/* keeps the write-ahead log of rpm's SQLite database until all layers are known */
#include "inventory/rpm_log.h"
#include "layer/reader.h"

/* rpm empties its log when it closes the database. One that is not empty is left by a build that was killed, or that ran
 * while another program had the database open. The layers of the log and of the database may differ: scan/logs.c brings
 * the two together. SQLite rebuilds the file "-shm", an index of the log, when it opens the database: it is not read. */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	(void)output;
	uint32_t version = rpm_log_other_version(evidence->content);
	return version ? error_set(error, TARSIER_UNSUPPORTED, "a write-ahead log of SQLite with the unknown version %u",
	                           (unsigned)version) : TARSIER_OK;
}

const struct reader reader_rpm_log = {
	.name = "rpm_log",
	.version = 1,
	.evidence = (const char *const[]){"var/lib/rpm/rpmdb.sqlite-wal", "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
	                                  "usr/share/rpm/rpmdb.sqlite-wal", NULL},
	.limit = 32 << 20, /* SQLite moves it into the database after 4 MiB, but a transaction may be longer */
	.keep = true,
	.read = read,
};
