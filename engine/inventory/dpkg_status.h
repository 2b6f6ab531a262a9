/* the package database of dpkg, which opkg's resembles */
#ifndef TARSIER_INVENTORY_DPKG_STATUS_H
#define TARSIER_INVENTORY_DPKG_STATUS_H

#include "layer/reader.h"

/* Adds the packages, of this purl type, that a file in the form of dpkg's "status" says are on disk. A paragraph that
 * cannot be read becomes a note. Returns OK, MEMORY, LIMIT. */
int dpkg_status_read(span content, const char *type, struct reader_output *output, struct tarsier_error *error);

/* Adds the files of the package that evidence NAME.SUFFIX or NAME:ARCHITECTURE.SUFFIX lists, one path on each line behind
 * `skip` bytes. Returns OK, MEMORY, LIMIT. */
int dpkg_list_read(const struct evidence *evidence, size_t skip, const char *suffix, struct reader_output *output,
                   struct tarsier_error *error);

#endif
