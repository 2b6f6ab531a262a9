/* finds the database's records of one installed package */
#ifndef TARSIER_MATCH_LOOKUP_H
#define TARSIER_MATCH_LOOKUP_H

#include "match/key.h"
#include "match/merge.h"

/* Finds the ecosystems in the database whose records cover packages from this one, and resets the counts of unused
 * records. Returns OK or MEMORY. */
int lookup_begin(struct matching *matching, span ecosystem, struct tarsier_error *error);

/* True if the database has records of the ecosystem that lookup_begin was called for. */
bool lookup_is_covered(const struct matching *matching);

/* Fills matching->hits with the advisories about the package. Returns OK, MEMORY or DATABASE. */
int lookup_key(struct matching *matching, const struct match_key *key, struct tarsier_error *error);

#endif
