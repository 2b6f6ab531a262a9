/* floor 5: the vulnerability database, one SQLite file that any number of processes read */
#ifndef TARSIER_DATABASE_H
#define TARSIER_DATABASE_H

#include "advisory.h"

struct database;

/* Read-only. DATABASE: missing, not a database, of a schema this build does not know, or empty: each says what to do. */
int database_open(const char *path, struct database **database, struct tarsier_error *error);
void database_close(struct database *database); /* NULL is fine */
/* Fills *info with copies in the arena. */
int database_info(struct database *database, struct arena *arena, struct tarsier_database_info *info, struct tarsier_error *error);

#endif
