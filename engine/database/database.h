/* the vulnerability database, one SQLite file that any number of processes read */
#ifndef TARSIER_DATABASE_DATABASE_H
#define TARSIER_DATABASE_DATABASE_H

#include "base/map.h"
#include "database/advisory.h"
#include "database/advisory_text.h"

#include <sqlite3.h>

struct database;

/* Read-only. DATABASE: missing, not a database, of an unknown schema, or empty: each says what to do. */
int database_open(const char *path, struct database **database, struct tarsier_error *error);
void database_close(struct database *database); /* NULL is fine */
/* Fills *info with copies in the arena. */
int database_info(struct database *database, struct arena *arena, struct tarsier_database_info *info,
                  struct tarsier_error *error);

/*
 * The file:
 *
 *	meta(key, value)                  built newest kev_date epss_date starter advisories packages identity dictionary
 *	ecosystem(number, name, packages) "Debian:12", as ecosystem_key writes it, and how many packages it speaks of
 *	package(ecosystem, name, rows)    package_rows.h: everything that matching reads, one row a package
 *	advisory(number, id, head, body)  advisory_text.h: what people read, and only of what matched
 *	cve(number, epss, percentile, kev, cvss, text)
 *	feed(name, records, newest, covered) "Debian": what is known of a family of ecosystems; "KEV", "EPSS"
 *	omission(reason, count)           omission.h: what its imports left out
 *
 * A database is built beside the old one and renamed over it: a file that has its name is never written again. That
 * is what makes `immutable=1` right: no locks, no journal, works on a read-only file system; and a process that has
 * the old file open reads on in it.
 */
enum { DATABASE_APPLICATION = 0x54525352 /* "TRSR" */, DATABASE_SCHEMA = 2 };

/* One thread's way into the file: prepared statements and what unpacks texts. */
struct connection {
	sqlite3 *sqlite;
	sqlite3_stmt *package, *advisory, *cve;
	struct unpacker *unpacker;
	struct connection *next;
};

/* A connection for the caller alone; many threads may hold one each. Return it with database_release. */
int database_acquire(struct database *database, struct connection **connection, struct tarsier_error *error);
void database_release(struct database *database, struct connection *connection);

/* The number of an ecosystem, given as ecosystem_key makes it; 0 if the database holds nothing for it. */
int database_ecosystem(const struct database *database, span ecosystem);

/* How much is known of an ecosystem's family: nothing, records that happen to name it, or a feed of it. */
enum database_coverage { DATABASE_COVERS_NONE, DATABASE_COVERS_STRAY, DATABASE_COVERS_FEED };
enum database_coverage database_coverage(const struct database *database, span ecosystem);

/* As it was given to database_open. */
const char *database_path(const struct database *database);
/* A value of the meta table; "" if the key is absent. Borrowed from the database. */
const char *database_meta(const struct database *database, const char *key);
/* The rows of the feed and omission tables, as text: fields with a space between; by name, by reason. */
const struct map *database_feeds(const struct database *database);
const struct map *database_omissions(const struct database *database);
/* Names, sorted, NULL-terminated, in the arena; NULL if memory runs out. */
const char *const *database_ecosystems(const struct database *database, struct arena *arena);

/* What is known of a package: 1 and *rows, borrowed until the next call; 0 where there is nothing. */
int connection_rows(struct connection *connection, int ecosystem, const char *name, span *rows,
                    struct tarsier_error *error);
int connection_advisory_text(struct connection *connection, struct arena *arena, uint32_t advisory,
                             struct advisory_text *text, struct tarsier_error *error);

struct cve_facts {
	double epss, percentile;           /* negative where unknown */
	const char *kev_added, *kev_due;   /* "" where it is not in the catalogue */
	bool kev, ransomware;
	const char *cvss;                  /* "" if no record has a vector */
	uint32_t text;                     /* an advisory that describes it; or 0 */
};
int connection_cve(struct connection *connection, struct arena *arena, uint32_t cve, struct cve_facts *facts,
                   struct tarsier_error *error);

/* DATABASE with SQLite's own words. */
int database_fail(sqlite3 *sqlite, const char *path, struct tarsier_error *error);
/* A column's bytes; never a NULL pointer. Borrowed until the next step. */
span column_span(sqlite3_stmt *statement, int column);

#endif
