/* what the parts of composing a database share */
#ifndef TARSIER_DATABASE_COMPOSE_H
#define TARSIER_DATABASE_COMPOSE_H

#include "database/write.h"

/* The advisories that are there to stay. */
struct live { struct known_advisory **items; size_t count; };

/* What everything that is composed from knows. */
struct composing {
	struct database_writer *writer;
	struct live live;
	struct known_advisory **advisories;  /* by the number they were staged under; NULL: replaced */
	struct known_ecosystem **ecosystems; /* by name */
	struct known_ecosystem **numbered;   /* by number */
	int last_ecosystem;                  /* in the file */
};

/* Each writes its tables. */
int compose_packages(struct composing *composing, struct tarsier_error *error);
int compose_texts(struct composing *composing, struct tarsier_error *error); /* and notes what they say of CVEs */

/* Keeps a checksum of what goes into the file. */
void compose_count(struct database_writer *writer, span bytes);
void compose_bind_span(sqlite3_stmt *statement, int index, span bytes);

#endif
