/* builds a vulnerability database beside the old one, then takes its place */
#ifndef TARSIER_DATABASE_WRITE_H
#define TARSIER_DATABASE_WRITE_H

#include "base/map.h"
#include "database/cve_table.h"
#include "database/database.h"
#include "database/omission.h"
#include "database/package_rows.h"

/*
 * Two steps. While feeds are read, advisories are staged in temporary tables (SQLite keeps those in a file without a
 * name, and spills what does not fit memory). Then the file is composed from what is still valid: the newest of each
 * id, one row a package, texts packed with a dictionary trained on them.
 */
struct database_writer {
	struct arena arena;         /* what lives as long as the writer */
	struct arena scratch;       /* what lives for one advisory, or one package */
	char *path;                 /* where the database will be */
	char *building;             /* the file beside it; NULL when it has taken its place */
	int lock;                   /* a descriptor of it, with flock: tells the living from what a killed import left */
	bool starter;
	sqlite3 *sqlite;
	sqlite3_stmt *put_advisory, *put_row;
	struct map known;           /* id → struct known_advisory */
	struct map ecosystems;      /* key → struct known_ecosystem */
	struct map families;        /* name → struct known_family */
	struct cve_table cves;
	struct buffer omissions;    /* struct omitted, of every advisory that was staged */
	uint64_t omitted[OMISSIONS]; /* of what has no number, and what the old file told */
	uint32_t last_number;
	int last_ecosystem, last_family;
	const char *newest, *kev_date, *epss_date;
	uint32_t scores_day;        /* of the EPSS file that is being read; or 0 */
	uint64_t advisories, packages, content; /* counted while composing; the last is a checksum of it all */
};

/* The winner among the records of one id. `number` is 0 if it was withdrawn, else what it was staged under. */
struct known_advisory { const char *id, *modified; uint64_t content; uint32_t number, final; bool withdrawn, old; };
struct known_family {
	const char *name;           /* "Debian" */
	int number;                 /* from 1 */
	bool covered;               /* a feed of it was imported, not only records that happen to name it */
	const char *newest;
	uint64_t records;           /* that name it, counted while composing … */
	uint8_t *seen;              /* … by means of a bit for each */
};
struct known_ecosystem {
	const char *name;           /* "Debian:12" */
	struct known_family *family;
	int number, rank;           /* as staged, and by name */
	int final;                  /* in the file; 0: no package of it is there yet */
	bool distribution;
	uint64_t packages;
};
struct omitted { uint32_t number; enum omission reason; uint32_t count; };

/* What became of an advisory. */
enum { STAGED_FAMILIES = 16 };
struct staged {
	const char *complaint;      /* what of it could not be used; NULL: nothing to complain of. Lives until the next call */
	uint32_t omitted[OMISSIONS];
	struct known_family *families[STAGED_FAMILIES]; /* that it has packages of; NULL-terminated unless full */
	bool useful;                /* something of it, or of a newer record of its id, will be in the database */
};

int writer_new(const char *path, bool starter, struct database_writer **writer, struct tarsier_error *error);
void writer_free(struct database_writer *writer); /* and removes what did not take its place; NULL is fine */

/* Starts from what the old file holds, if there is one. Call it before anything else is put in. */
int writer_take_old(struct database_writer *writer, struct tarsier_error *error);

/* The newest record of an id wins, whichever comes first; a withdrawn one takes what is there away. */
int writer_advisory(struct database_writer *writer, const struct advisory *advisory, struct staged *staged,
                    struct tarsier_error *error);
/* Return 1, and leave it out, if the id is not a CVE's. */
int writer_kev(struct database_writer *writer, const struct kev *kev, struct tarsier_error *error);
int writer_epss(struct database_writer *writer, const struct epss *epss, struct tarsier_error *error);
int writer_dated(struct database_writer *writer, const char *feed, const char *date, struct tarsier_error *error);

/* Composes, and takes the old file's place. DATABASE, and the old file stays, if the result would hold no advisory. */
int writer_finish(struct database_writer *writer, struct tarsier_error *error);
/* After writer_finish: what came from the inputs. */
void writer_count(const struct database_writer *writer, struct tarsier_import_result *result);

/* ---- between the writer's own files ------------------------------------------------------------------------------ */

int writer_exec(struct database_writer *writer, const char *sql, struct tarsier_error *error);
int writer_prepare(struct database_writer *writer, const char *sql, sqlite3_stmt **statement,
                   struct tarsier_error *error);
int writer_step(struct database_writer *writer, sqlite3_stmt *statement, struct tarsier_error *error); /* 1: a row */
/* Syncs the finished file and renames it over the old one. */
int writer_replace(struct database_writer *writer, struct tarsier_error *error);
struct known_family *writer_family(struct database_writer *writer, span name);
struct known_ecosystem *writer_ecosystem(struct database_writer *writer, span key);
/* Notes a record. *result: where, or NULL if a newer one of its id is known. */
int writer_note_known(struct database_writer *writer, const struct advisory *advisory, const char *id,
                      struct known_advisory **result, struct tarsier_error *error);
int writer_stage_rows(struct database_writer *writer, int ecosystem, const char *name, uint32_t number,
                      struct row_writer *rows, struct tarsier_error *error);

#endif
