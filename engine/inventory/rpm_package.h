/* adds a package from an rpm header */
#ifndef TARSIER_INVENTORY_RPM_PACKAGE_H
#define TARSIER_INVENTORY_RPM_PACKAGE_H

#include "layer/reader_output.h"

/* Adds the package of one header and the files that it installed. Skips the keys that rpm stores as packages. A header
 * that cannot be read becomes a note that begins with `place` ("row 7", "page 12"). Returns OK, MEMORY, LIMIT. */
int rpm_package_add(struct reader_output *output, span blob, const char *place, struct tarsier_error *error);

/* Handles a header that failed with `code`; `error` holds the reason. If it was invalid (FORMAT), adds that note, so that
 * the reader continues with the next one, and returns OK or MEMORY. Returns other codes unchanged. */
int rpm_package_skip(struct reader_output *output, int code, const char *place, struct tarsier_error *error);

/* Read databases of rpm before 4.16 ("Packages", Berkeley DB) and of SUSE ("Packages.db", ndb). Return OK, MEMORY,
 * LIMIT, FORMAT. */
bool rpm_is_berkeley(span content);
int rpm_berkeley_read(span content, struct reader_output *output, struct tarsier_error *error);
bool rpm_is_ndb(span content);
int rpm_ndb_read(span content, struct reader_output *output, struct tarsier_error *error);

#endif
