/* the known word that is closest to what was typed, for "did you mean" */
#ifndef TARSIER_BASE_SUGGEST_H
#define TARSIER_BASE_SUGGEST_H

#include "base/span.h"

struct suggestion {
	span typed;
	span word;       /* the closest word so far; empty if none is close enough */
	size_t distance; /* of `word`: letters that differ */
};

/* Start with (struct suggestion){.typed = …}, offer every known word, then read `word`. A word is close enough if one
 * letter, or at most a third of them, is wrong, missing, superfluous or swapped with its neighbour, or if it begins with the
 * two or more letters that were typed. Case does not matter. The words are borrowed. */
void suggestion_offer(struct suggestion *suggestion, span known);

#endif
