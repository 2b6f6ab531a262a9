/* the lists that feeds build: of affected packages, of names and addresses */
#ifndef TARSIER_DATABASE_AFFECTED_LIST_H
#define TARSIER_DATABASE_AFFECTED_LIST_H

#include "base/arena.h"
#include "database/advisory.h"

struct affected_list { struct affected *items; size_t count, capacity; };

/* Adds a copy of `one` with the range "all versions before `fixed`", and no range if its status is NOT_AFFECTED. `fixed`
 * is not copied; "" means that no version is fixed. Without vectors or a purl in `one`, it gets empty ones. Returns false if
 * memory ran out. */
bool affected_list_add(struct affected_list *list, struct arena *arena, const struct affected *one, const char *fixed);

/* Returns the version before which the range of such a package ends; "" if no version is fixed. */
const char *affected_fixed(const struct affected *affected);

/* A NULL-terminated list for an advisory's aliases and references; text_list_items gives an empty one if nothing was added. */
struct text_list { const char **items; size_t count, capacity; };
/* Copies the text. Returns false if memory ran out. */
bool text_list_add(struct text_list *list, struct arena *arena, const char *text);
const char **text_list_items(const struct text_list *list);

#endif
