/* the vulnerability database, one SQLite file that any number of processes read */
#ifndef TARSIER_DATABASE_DATABASE_H
#define TARSIER_DATABASE_DATABASE_H

#include "base/map.h"
#include "database/advisory.h"
#include "database/advisory_text.h"

#include <sqlite3.h>

struct database;

/* Opens it read-only. Fails with DATABASE if it is missing, not a database, of an unknown schema, or empty; the message
 * says what to do. */
int database_open(const char *path, struct database **database, struct tarsier_error *error);
void database_close(struct database *database); /* NULL is allowed */
/* Fills *info with copies in the arena. */
int database_info(struct database *database, struct arena *arena, struct tarsier_database_info *info,
                  struct tarsier_error *error);

/*
 * The file:
 *
 *	meta(key, value)                  built newest kev_date epss_date starter advisories packages identity dictionary note ends
 *	                                  sorted (amend.h)
 *	ecosystem(number, name, packages) "Debian:12", as ecosystem_key writes it, and how many packages it has
 *	package(ecosystem, name, rows)    package_rows.h: the data for matching, one row for each package
 *	advisory(number, id, head, body)  advisory_text.h: the texts, read only for matches
 *	cve(number, epss, percentile, kev, stated, derived, text)   the facts of cve_table.h
 *	feed(name, records, newest, covered) "Debian": the records of a family of ecosystems; "KEV", "EPSS"
 *	omission(reason, count)           omission.h: what its imports skipped
 *
 * A database is built beside the old one and renamed over it, so a file under its final name is never written. This
 * makes `immutable=1` valid: it needs no locks and no journal and works on a read-only file system. A process that has
 * the old file open continues to read it.
 */
enum { DATABASE_APPLICATION = 0x54525352 /* "TRSR" */, DATABASE_SCHEMA = 3 };

/* One thread's access to the file: prepared statements and the unpacker of texts. */
struct connection {
	sqlite3 *sqlite;
	sqlite3_stmt *package, *advisory, *cve;
	struct unpacker *unpacker;
	struct connection *next;
};

/* Returns a connection for the caller alone; each thread may hold one. Return it with database_release. */
int database_acquire(struct database *database, struct connection **connection, struct tarsier_error *error);
void database_release(struct database *database, struct connection *connection);

/* Returns the number of an ecosystem, named as ecosystem_key writes it; 0 if the database has no records of it. */
int database_ecosystem(const struct database *database, span ecosystem);

/* Coverage of an ecosystem's family: nothing, records that happen to name it, or a feed of it. */
enum database_coverage { DATABASE_COVERS_NONE, DATABASE_COVERS_STRAY, DATABASE_COVERS_FEED };
enum database_coverage database_coverage(const struct database *database, span ecosystem);

/* Returns the path that was given to database_open. */
const char *database_path(const struct database *database);
/* Returns the dictionary of its texts, which may be empty. Borrowed from the database. */
span database_dictionary(const struct database *database);
/* Returns a value of the meta table; "" if the key is absent. Borrowed from the database. */
const char *database_meta(const struct database *database, const char *key);
/* Return the rows of the feed and omission tables as text: fields separated by spaces, sorted by name and by reason. */
const struct map *database_feeds(const struct database *database);
const struct map *database_omissions(const struct database *database);
/* Returns the names, sorted, NULL-terminated, in the arena; NULL if memory ran out. */
const char *const *database_ecosystems(const struct database *database, struct arena *arena);

/* Returns 1 and the rows of a package, borrowed until the next call; 0 if there are none. */
int connection_rows(struct connection *connection, int ecosystem, const char *name, span *rows,
                    struct tarsier_error *error);
int connection_advisory_text(struct connection *connection, struct arena *arena, uint32_t advisory,
                             struct advisory_text *text, struct tarsier_error *error);

struct cve_facts {
	double epss, percentile;           /* negative if unknown */
	const char *kev_added, *kev_due;   /* "" if it is not in the catalogue */
	bool kev, ransomware;
	const char *ratings;               /* lines: "nvd CVSS:3.1/AV:N/…", and other facts: cve_table.h */
	uint32_t text;                     /* the number of an advisory that describes it; or 0 */
};
int connection_cve(struct connection *connection, struct arena *arena, uint32_t cve, struct cve_facts *facts,
                   struct tarsier_error *error);

/* Returns DATABASE with SQLite's message. */
int database_fail(sqlite3 *sqlite, const char *path, struct tarsier_error *error);
/* Returns a column's bytes, never NULL. Borrowed until the next step. */
span column_span(sqlite3_stmt *statement, int column);

#endif
