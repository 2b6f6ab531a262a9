/* what advisories say of one package, as compact rows of the database */
#ifndef TARSIER_DATABASE_PACKAGE_ROWS_H
#define TARSIER_DATABASE_PACKAGE_ROWS_H

#include "base/map.h"
#include "database/advisory.h"

/* One blob holds everything about one package of one ecosystem, so one look-up is enough. Numbers are LEB128 varints.
 * LEB128 varints.
 *
 *	blob    = count { length bytes }     the versions in use, each once; number 1 is the first
 *	          { entry }                  to the end, by rising advisory number
 *	entry   = advisory                   the difference to the entry before
 *	          flags                      bits 0-2 the distribution's severity, bit 3 a CVE follows, bit 4 a vector,
 *	                                     bit 5 a stream; bit 6: informational; bit 7 a statement
 *	          [cve]                      the CVE that a distribution's tracker describes
 *	          [vector]                   a CVSS vector for this package, stored among the versions
 *	          [stream]                   the module streams it is for, stored there too: "virt:rhel virt-devel:rhel"; of
 *	                                     a Go module, the functions
 *	          [statement]                the publisher's status, × 2 + 1 if it is from its own feed
 *	          events { event }           number × 8 + starts a range × 4 + kind; version 0 comes before every version
 *	          versions { version }       affected versions, listed by name
 *
 * The events of a range are stored in the ecosystem's order of versions.
 */
struct row_event { uint32_t version; uint8_t kind; bool starts; };

struct package_row {
	uint32_t advisory;
	enum tarsier_severity severity; /* UNKNOWN if the distribution gives no rating */
	uint32_t cve;                   /* 0: not a tracker's record */
	uint32_t vector;                /* index, or 0 */
	uint32_t stream;                /* index of "nodejs:20", several with a space between, or 0: an rpm of no module */
	enum advisory_status status;
	bool own;                       /* from the publisher's own feed */
	bool informational;             /* unmaintained, unsound or similar: not a vulnerability */
	struct row_event *events;       /* of all ranges, one after the other */
	size_t event_count;
	uint32_t *versions;
	size_t version_count;
};

/* Reads a blob. The arrays of a row are reused for the next row. */
struct package_rows {
	struct arena *arena;
	const unsigned char *at, *end;
	span *versions; /* [0] is empty */
	size_t version_count;
	struct package_row row;
	size_t event_capacity, version_capacity;
};
/* The blob is borrowed. Fails with DATABASE if it is damaged, and MEMORY. */
int package_rows_open(struct package_rows *rows, struct arena *arena, span blob, struct tarsier_error *error);
/* Returns 1 and the row in rows->row; 0 at the end. */
int package_rows_next(struct package_rows *rows, struct tarsier_error *error);

/* Writes a blob. Its arguments are borrowed until the arena is freed. */
struct row_writer {
	struct arena *arena;
	struct map known;
	struct buffer versions, entries;
	uint32_t version_count, last;
};
void row_writer_init(struct row_writer *writer, struct arena *arena);
void row_writer_free(struct row_writer *writer);
/* Returns the version's number; 0 if memory ran out. */
uint32_t row_writer_version(struct row_writer *writer, span version);
/* Call it by rising advisory number. */
bool row_writer_add(struct row_writer *writer, const struct package_row *row);
/* Adds a row of another blob with its own number and versions. */
bool row_writer_copy(struct row_writer *writer, const struct package_rows *from);
bool row_writer_finish(struct row_writer *writer, struct buffer *blob);

/* LEB128. */
bool varint_put(struct buffer *buffer, uint64_t number);
bool varint_get(const unsigned char **at, const unsigned char *end, uint64_t *number);

#endif
