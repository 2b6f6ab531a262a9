/* when distributions' releases get no more updates, as feeds say: inventory/end_of_life.h has the form of the text */
#ifndef TARSIER_DATABASE_ENDS_H
#define TARSIER_DATABASE_ENDS_H

#include "database/write.h"

/* Takes one release's dates. Returns 1 and skips it if it has no date, or is of no sane form. Of two in the inputs the later
 * date counts, and any of them before what a database that was taken says. */
int writer_end(struct database_writer *writer, const struct distro_end *end, struct tarsier_error *error);
/* Takes what a database has. */
int writer_take_ends(struct database_writer *writer, const char *text, struct tarsier_error *error);
/* Returns all of them, sorted, in the writer's arena; NULL if memory ran out. */
const char *writer_ends(struct database_writer *writer);

#endif
