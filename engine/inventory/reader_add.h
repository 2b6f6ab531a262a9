/* checks and adds a package that a reader found, given as spans of the evidence */
#ifndef TARSIER_INVENTORY_READER_ADD_H
#define TARSIER_INVENTORY_READER_ADD_H

#include "layer/reader_output.h"

struct package_spans {
	const char *type, *ecosystem, *found_by; /* as in struct package; the latter two may be NULL */
	span name, version, architecture, source_name, source_version, module, vendor, inner;
	span licenses; /* a text of licenses_add, kept as it is */
	span license;  /* one statement, added to it */
	span requires, provides; /* texts of dependencies.h; empty: the evidence does not say */
};

/* No package manager allows a name or version near this length; a longer one means that the file is not a package
 * database. */
enum { PACKAGE_FIELD_LIMIT = 1024 };

/* Adds the package. Fails with FORMAT if it has no name or no version, or if a field is too long or holds control bytes
 * (a NUL would truncate it: "openssl" would become another package). Returns OK, MEMORY, LIMIT, FORMAT. */
int reader_add(struct reader_output *output, const struct package_spans *package, struct tarsier_error *error);

/* Handles an entry that began at `at` and failed with `code`; `error` holds the reason. If its content was invalid
 * (FORMAT), adds the note "line N: why", so that the reader continues with the next entry, and returns OK or MEMORY.
 * Returns other codes unchanged. */
int reader_skip_entry(struct reader_output *output, span content, const char *at, int code, struct tarsier_error *error);

/* Handles a file that failed with `code`: one with invalid content (FORMAT) only looks like evidence, and the message
 * becomes a note. Returns OK, MEMORY and the other codes as they are. */
int reader_skip_file(struct reader_output *output, int code, struct tarsier_error *error);

/* Returns the number of the line that holds `at`, from 1, for messages. */
size_t line_number(span content, const char *at);

#endif
