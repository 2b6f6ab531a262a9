/* which paths are evidence, and for which reader */
#ifndef TARSIER_LAYER_PATH_MATCH_H
#define TARSIER_LAYER_PATH_MATCH_H

#include "base/error.h"
#include "base/span.h"

struct claim;
struct reader;

/* The patterns of all readers, in one table: a path that matches none costs three lookups. */
struct path_match;
int path_match_new(struct arena *arena, const struct reader *const *readers, struct path_match **patterns,
                   struct tarsier_error *error);
/* One more exact path, for links that lead to where no pattern looks. */
int path_match_add(struct path_match *patterns, const char *path, const struct reader *reader,
                   struct tarsier_error *error);
/* The reader that wants this path, or NULL. The first by name where several do. */
const struct reader *path_match_find(const struct path_match *patterns, span path);
/* The reader with a pattern for this folder (EVIDENCE_FOLDER), or NULL. Costs next to nothing if there is none. */
const struct reader *path_match_folder(const struct path_match *patterns, span folder);
/* Does any reader claim files by their first bytes? And the one that claims this file, or NULL. */
bool path_match_claims(const struct path_match *patterns);
const struct reader *path_match_claim(const struct path_match *patterns, const struct claim *file);

/* Does the order of entries at this path matter to a reader? Costs next to nothing if it never does. */
bool path_match_orders(const struct path_match *patterns, span path);

/* Takes the last component off *path, the slash before it too. */
span path_take_last(span *path);

#endif
