/* internal to compose*.c */
#ifndef TARSIER_DATABASE_COMPOSE_H
#define TARSIER_DATABASE_COMPOSE_H

#include "database/write.h"

/* The advisories that the new database will hold. */
struct live { struct known_advisory **items; size_t count; };

/* The input of all composing steps. */
struct composing {
	struct database_writer *writer;
	struct live live;
	struct known_advisory **advisories;  /* by the number under which they were staged; NULL: replaced */
	struct known_ecosystem **ecosystems; /* by name */
	struct known_ecosystem **numbered;   /* by number */
	int last_ecosystem;                  /* the last number used in the file */
};

/* Each writes its tables. */
int compose_packages(struct composing *composing, struct tarsier_error *error);
int compose_texts(struct composing *composing, struct tarsier_error *error); /* also notes what they say of CVEs */

/* Adds the content of the file to a checksum. */
void compose_count(struct database_writer *writer, span bytes);
void compose_bind_span(sqlite3_stmt *statement, int index, span bytes);

#endif
