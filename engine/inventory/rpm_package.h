/* adds a package from an rpm header */
#ifndef TARSIER_INVENTORY_RPM_PACKAGE_H
#define TARSIER_INVENTORY_RPM_PACKAGE_H

#include "layer/reader_output.h"

/* Adds the package of one header and the files that it installed. Skips the keys that rpm stores as packages. `place`
 * ("row 7", "page 12") begins the message if the bytes are not a header. Returns OK, MEMORY, LIMIT, FORMAT. */
int rpm_package_add(struct reader_output *output, span blob, const char *place, struct tarsier_error *error);

/* Read databases of rpm before 4.16 ("Packages", Berkeley DB) and of SUSE ("Packages.db", ndb). Return OK, MEMORY,
 * LIMIT, FORMAT. */
bool rpm_is_berkeley(span content);
int rpm_berkeley_read(span content, struct reader_output *output, struct tarsier_error *error);
bool rpm_is_ndb(span content);
int rpm_ndb_read(span content, struct reader_output *output, struct tarsier_error *error);

#endif
