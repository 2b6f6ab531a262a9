/* builds a vulnerability database beside the old one, then takes its place */
#ifndef TARSIER_DATABASE_WRITE_H
#define TARSIER_DATABASE_WRITE_H

#include "base/map.h"
#include "database/cve_table.h"
#include "database/database.h"
#include "database/package_rows.h"

/*
 * Two steps. While feeds are read, advisories are staged in temporary tables (SQLite keeps those in a file without a
 * name, and spills what does not fit memory). Then the file is composed from what is still valid: the newest of each
 * id, one row a package, texts packed with a dictionary trained on them.
 */
struct database_writer {
	struct arena arena;         /* what lives as long as the writer */
	struct arena scratch;       /* what lives for one advisory, or one package */
	char *path;                 /* the database to be */
	char *building;             /* the file beside it; NULL when it has taken its place */
	int lock;                   /* a descriptor of it, with flock: tells the living from what a killed import left */
	bool starter;
	sqlite3 *sqlite;
	sqlite3_stmt *put_advisory, *put_row;
	struct map known;           /* id → struct known_advisory */
	struct map ecosystems;      /* key → struct known_ecosystem */
	struct cve_table cves;
	struct buffer dead;         /* a byte for each advisory number: nonzero where a newer record took its place */
	uint32_t last_number;
	int last_ecosystem;
	const char *newest, *kev_date, *epss_date;
	uint64_t advisories, packages; /* counted while composing */
};

struct known_advisory { uint32_t number; const char *modified; bool withdrawn, old; };
struct known_ecosystem { int number; const char *name; bool distribution; uint64_t packages; };

int writer_new(const char *path, bool starter, struct database_writer **writer, struct tarsier_error *error);
void writer_free(struct database_writer *writer); /* and removes what did not take its place; NULL is fine */

/* Starts from what the old file holds; nothing, where there is none. Before anything else is put in. */
int writer_take_old(struct database_writer *writer, struct tarsier_error *error);

/* The newest record of an id wins; a withdrawn one takes what is there away. *complaint, where it is not NULL
 * afterwards, says what part of the advisory could not be used; it lives until the next call. */
int writer_advisory(struct database_writer *writer, const struct advisory *advisory, const char **complaint,
                    struct tarsier_error *error);
/* 1 where the id is no CVE's: left out. */
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
struct known_ecosystem *writer_ecosystem(struct database_writer *writer, span key);
int writer_stage_rows(struct database_writer *writer, int ecosystem, const char *name, uint32_t number,
                      struct row_writer *rows, struct tarsier_error *error);
bool writer_is_dead(const struct database_writer *writer, uint32_t number);

#endif
