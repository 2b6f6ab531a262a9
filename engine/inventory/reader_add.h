/* a package as a reader sees it, spans of the evidence, checked and added */
#ifndef TARSIER_INVENTORY_READER_ADD_H
#define TARSIER_INVENTORY_READER_ADD_H

#include "layer/reader_output.h"

struct found {
	const char *type, *ecosystem; /* as in struct package; ecosystem may be NULL */
	span name, version, architecture, source_name, source_version;
};

/* No package manager allows a name or version near this long; what exceeds it is not a package database. */
enum { FOUND_FIELD_LIMIT = 1024 };

/* Adds the package. FORMAT where it has no name, no version, or a field that is too long or holds control bytes (a NUL
 * would cut it short: "openssl" would become another package). OK, MEMORY, LIMIT, FORMAT. */
int inventory_found(struct inventory *inventory, const struct found *found, struct tarsier_error *error);

/* The number of the line that `at` stands in, from 1: for messages. */
size_t found_line(span content, const char *at);

#endif
