/* what an import is reading, and how it tells of it */
#ifndef TARSIER_DATABASE_IMPORT_H
#define TARSIER_DATABASE_IMPORT_H

#include "database/write.h"

enum { FEEDS_MOST = 32, COMPLAINTS_MOST = 20 };

/* One thing that is reported as a whole: an archive, a file, or a folder's loose files. */
struct container {
	const char *name;
	uint64_t records[FEEDS_MOST]; /* by feed, in the order of feeds_all */
	uint64_t complaints;          /* more than COMPLAINTS_MOST are only counted */
};

struct importing {
	struct database_writer *writer;
	const struct tarsier_import_options *options;
	struct tarsier_import_result result;
	struct advisory_sink sink;
	struct container *container;
	size_t feed;                  /* index of the one that reads */
	uint64_t files;
};

/* Reads one file, member or stream that is not yet closed. `size` is what it takes compressed, and bounds what it may
 * expand to; 0 where nobody knows. */
int import_stream(struct importing *importing, struct stream *stream, const char *name, uint64_t size,
                  struct tarsier_error *error);
int import_path(struct importing *importing, const char *path, struct tarsier_error *error);

/* Reports: something left out, and a container that is done. */
void import_complain(struct importing *importing, const char *name, const char *feed, const char *why);
void import_container_done(struct importing *importing, struct container *container);

#endif
