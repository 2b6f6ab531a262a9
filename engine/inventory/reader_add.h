/* a package as a reader sees it, spans of the evidence, checked and added */
#ifndef TARSIER_INVENTORY_READER_ADD_H
#define TARSIER_INVENTORY_READER_ADD_H

#include "layer/reader_output.h"

struct package_spans {
	const char *type, *ecosystem; /* as in struct package; ecosystem may be NULL */
	span name, version, architecture, source_name, source_version, module, vendor;
};

/* No package manager allows a name or version near this long; what exceeds it is not a package database. */
enum { PACKAGE_FIELD_LIMIT = 1024 };

/* Adds the package. Fails with FORMAT if it has no name or no version, or if a field is too long or holds control bytes
 * (a NUL would cut it short: "openssl" would become another package). Returns OK, MEMORY, LIMIT, FORMAT. */
int reader_add(struct reader_output *output, const struct package_spans *package, struct tarsier_error *error);

/* An entry that began at `at` failed with `code`, and `error` says why. If its content was wrong (FORMAT), this becomes a
 * note "line N: why", and the reader goes on with the next entry: returns OK, MEMORY. Other codes are returned. */
int reader_skip_entry(struct reader_output *output, span content, const char *at, int code, struct tarsier_error *error);

/* The same for a file that may have been made by any program: if its content was wrong (FORMAT), it only looked like
 * evidence, and the message becomes a note. Returns OK, MEMORY and the other codes as they are. */
int reader_skip_file(struct reader_output *output, int code, struct tarsier_error *error);

/* The number, from 1, of the line that holds `at`: for messages. */
size_t line_number(span content, const char *at);

#endif
