/* builds a vulnerability database beside the old one, then replaces it */
#ifndef TARSIER_DATABASE_WRITE_H
#define TARSIER_DATABASE_WRITE_H

#include "base/map.h"
#include "database/cve_table.h"
#include "database/database.h"
#include "database/omission.h"
#include "database/package_rows.h"

/*
 * There are two steps. While feeds are read, advisories are staged in temporary tables (SQLite keeps those in an
 * unnamed file, and spills what does not fit in memory). Then the file is composed from the valid records: the newest
 * of each id, one row for each package, texts packed with a dictionary trained on them.
 */
struct database_writer {
	struct arena arena;         /* memory for the writer's lifetime */
	struct arena scratch;       /* memory for one advisory, or one package */
	char *path;                 /* where the database will be */
	char *building;             /* the file under construction; NULL after the rename */
	int lock;                   /* its descriptor, locked with flock: a killed import leaves it unlocked */
	bool starter;
	sqlite3 *sqlite;
	sqlite3_stmt *put_advisory, *put_row;
	struct map known;           /* id, of an own feed "id\nscope" → struct known_advisory */
	struct map scopes;          /* the own feeds that this import read */
	struct map ecosystems;      /* key → struct known_ecosystem */
	struct map families;        /* name → struct known_family */
	struct map ends;            /* "debian\t12" → struct known_end */
	struct cve_table cves;
	struct buffer omissions;    /* struct omitted, of every staged advisory */
	uint64_t omitted[OMISSIONS]; /* omissions without an advisory number, and those of the old file */
	uint32_t last_number;
	int last_ecosystem, last_family;
	const char *newest, *kev_date, *epss_date;
	const char *epss_model;     /* of the scores of that day */
	const char *model_before;   /* of the newest scores of the databases that were taken; "" */
	const char *note;           /* the caller's, kept in the file */
	span dictionary;            /* of the first database that was taken: with it, texts that stay are packed to the same bytes,
	                             * so that the difference between two days is small; empty: one is trained */
	uint32_t scores_day;        /* of the current EPSS file; or 0 */
	uint64_t advisories, packages, content; /* counted while composing; the last is a checksum of the content */
	struct amending *amending;  /* amend.h: the file begins as a copy of another; NULL: it is composed of the records */
};

/* The winner among the records of one id. Records of one id that name different ecosystems are parts of one advisory:
 * archives exist that hold only the packages of their own ecosystem in each record. */
struct known_advisory {
	const char *id, *modified;
	uint64_t content;
	uint64_t families;          /* those that it has packages of, a bit for each: family_bit */
	struct known_part { uint32_t number; struct known_part *next; } *parts; /* whose packages belong to it, too */
	uint64_t had;               /* in the file that is amended: the families of its packages … */
	uint32_t in_file;           /* … and its number; or 0 */
	uint32_t number, final;     /* number when staged; 0 if it was withdrawn */
	bool withdrawn, old;
};
struct known_family {
	const char *name;           /* "Debian" */
	int number;                 /* from 1 */
	bool covered;               /* a feed of it was imported, not only records that happen to name it */
	const char *newest;
	uint64_t records;           /* that name it, counted while composing … */
	uint8_t *seen;              /* … with a bit for each */
	uint8_t *gone;              /* a bit for each that was counted out of the file that is amended; or NULL */
};
struct known_ecosystem {
	const char *name;           /* "Debian:12" */
	struct known_family *family;
	int number, rank;           /* as staged, and by name */
	int final;                  /* in the file; 0: none of its packages was written yet */
	bool distribution;
	bool taken;                 /* a database that was taken had packages of it */
	uint64_t packages;
};
struct omitted { uint32_t number; enum omission reason; uint32_t count; };

/* The outcome of staging an advisory. */
enum { STAGED_FAMILIES = 16 };
struct staged {
	const char *complaint;      /* the part that could not be used; or NULL. Valid until the next call */
	uint32_t omitted[OMISSIONS];
	struct known_family *families[STAGED_FAMILIES]; /* families that it has packages of; NULL-terminated unless full */
	bool useful;                /* the database will use a part of it, or of a newer record of its id */
};

int writer_new(const char *path, bool starter, struct database_writer **writer, struct tarsier_error *error);
void writer_free(struct database_writer *writer); /* also deletes an unfinished file; NULL is allowed */

/* Starts from the content of the old file, if there is one. Call it before adding anything else. */
int writer_take_old(struct database_writer *writer, struct tarsier_error *error);
/* Begins with a copy of a database, in which writer_finish changes only the rows of the records that are added. Returns 0,
 * and does nothing, if its content must be taken instead. Call it before adding anything. */
int writer_amend(struct database_writer *writer, const char *path, struct tarsier_error *error);
/* Takes the content of another database; of two records of one id the newer. `only`: the ecosystems to take, as
 * ecosystem_key writes them, NULL-terminated, with the facts about the CVEs that their advisories name; NULL: all.
 * *advisories is the number of advisories that were taken. Call it before adding records of feeds. */
int writer_take(struct database_writer *writer, const char *path, const char *const *only, uint64_t *advisories,
                struct tarsier_error *error);

/* The newest record of an id wins, in any order of arrival. A withdrawn one removes the older ones. */
int writer_advisory(struct database_writer *writer, const struct advisory *advisory, struct staged *staged,
                    struct tarsier_error *error);
/* Return 1 and skip the entry if the id is not a CVE's. */
int writer_kev(struct database_writer *writer, const struct kev *kev, struct tarsier_error *error);
int writer_epss(struct database_writer *writer, const struct epss *epss, struct tarsier_error *error);
int writer_state(struct database_writer *writer, const struct cve_statement *statement, struct tarsier_error *error);
int writer_dated(struct database_writer *writer, const char *feed, const char *date, struct tarsier_error *error);

/* Composes the file and replaces the old one. Fails with DATABASE and keeps the old file if there would be no
 * advisories. */
int writer_finish(struct database_writer *writer, struct tarsier_error *error);
/* Call it after writer_finish: counts what came from the inputs. */
void writer_count(const struct database_writer *writer, struct tarsier_import_result *result);

/* Records of own feeds are stored under "id\nscope". Returns the id. */
span advisory_plain_id(const char *id);
/* True if a record only describes a CVE, for others that name it. */
bool advisory_only_describes(const char *id);

/* ---- internal to the writer's files ------------------------------------------------------------------------------ */

int writer_exec(struct database_writer *writer, const char *sql, struct tarsier_error *error);
int writer_prepare(struct database_writer *writer, const char *sql, sqlite3_stmt **statement,
                   struct tarsier_error *error);
int writer_step(struct database_writer *writer, sqlite3_stmt *statement, struct tarsier_error *error); /* 1: a row */
/* Closes the file, and opens it again after its content was replaced by that of another database. */
void writer_close(struct database_writer *writer);
int writer_reopen(struct database_writer *writer, struct tarsier_error *error);
/* Syncs the finished file and renames it over the old one. */
int writer_replace(struct database_writer *writer, struct tarsier_error *error);
struct known_family *writer_family(struct database_writer *writer, span name);
struct known_ecosystem *writer_ecosystem(struct database_writer *writer, span key);
/* Families share the last bit from the 64th on. */
uint64_t family_bit(const struct known_family *family);
/* Notes a record. Sets *result to it, or to NULL if a newer one of its id is known. *number: the number under which to
 * stage it; 0 if it was withdrawn. */
int writer_note_known(struct database_writer *writer, const struct advisory *advisory, const char *id,
                      struct known_advisory **result, uint32_t *number, struct tarsier_error *error);
/* The same for a record of an own feed. Sets *fresh if it is the first of its id. */
int writer_note_part(struct database_writer *writer, const struct advisory *advisory, const char *id,
                     struct known_advisory **result, bool *fresh, struct tarsier_error *error);
/* True if an older import took the record from an own feed that this import read again. */
bool writer_is_replaced(const struct database_writer *writer, const struct known_advisory *known);
int writer_stage_rows(struct database_writer *writer, int ecosystem, const char *name, uint32_t number,
                      struct row_writer *rows, struct tarsier_error *error);

#endif
