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
	uint32_t last_final;                 /* the last number of an advisory in the file */
};

typedef int (*compose_step)(struct composing *composing, struct tarsier_error *error);

/* Decides what the file will hold, and numbers it. */
int compose_begin(struct composing *composing, struct tarsier_error *error);
/* Each writes its tables. */
int compose_packages(struct composing *composing, struct tarsier_error *error);
int compose_texts(struct composing *composing, struct tarsier_error *error); /* also notes what they say of CVEs */

/* Notes what a staged advisory with that final number says of CVEs. */
int compose_note_staged(struct composing *composing, uint32_t staged, uint32_t final, struct tarsier_error *error);

/* Adds the content of the file to a checksum. */
void compose_count(struct database_writer *writer, span bytes);
void compose_bind_span(sqlite3_stmt *statement, int index, span bytes);

#endif
