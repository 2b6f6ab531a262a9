/* internal to amend*.c and the files of the writer that they lean on: changes some records in a copy of a database */
#ifndef TARSIER_DATABASE_AMEND_H
#define TARSIER_DATABASE_AMEND_H

#include "database/compose.h"

/*
 * An import of a few records into a large database does not compose it anew: the new file begins as a copy of the old
 * one, whose pages are verified on the way, and only the rows that change are written. Advisories keep their numbers, new
 * ones are numbered behind the last. So the numbers up to `sorted` are in the order of the ids, as composed, and the
 * ids behind are kept in a table. When those become many, the next import composes the file anew.
 *
 * What is not proportional to the changes: the copy, its checksums, and one walk over the old file's rows of packages and
 * one over its advisories' heads, which find the rows that name a changed record; for own feeds, one over the ids, too.
 */
struct amending {
	struct database *old;
	struct connection *connection;
	uint32_t sorted, last;      /* numbers */
	struct map appended;        /* id → number, of those behind `sorted` */
	struct map scopes;          /* scope → struct scoped: the records of own feeds, once scopes_read */
	bool scopes_read;
	uint64_t kev, epss;         /* CVEs that have them */
	/* while the file is written: */
	struct map asked;           /* number → struct known_advisory: records whose packages must be known */
	struct witness { uint32_t number; const char *id; } *witnesses; /* other advisories that name a changed CVE */
	size_t witness_count, witness_capacity;
};

/* If the database has it, adds the record of that id to the writer's known ones. *result is NULL if it does not. */
int amend_find(struct database_writer *writer, const char *id, struct known_advisory **result,
               struct tarsier_error *error);
/* Adds all records of an own feed to the known ones: the feed is read again. */
int amend_scope(struct database_writer *writer, const char *scope, struct tarsier_error *error);
/* Calls `take` for every row of a statement on the old file. */
int amend_each(struct database_writer *writer, const char *sql,
               int (*take)(void *user, sqlite3_stmt *row, struct tarsier_error *error), void *user,
               struct tarsier_error *error);
/* The steps that write what changes, in place of those that compose a file; NULL-terminated. */
extern const compose_step amend_steps[];
/* What the old file said of the CVEs that this import names, and what follows from the advisories now. */
int amend_cves(struct composing *composing, struct tarsier_error *error);
/* True if rows of the advisory with that number go. Call it when their packages are known. */
bool amend_drops(const struct database_writer *writer, uint32_t number);
void amend_free(struct amending *amending); /* NULL is allowed */

#endif
