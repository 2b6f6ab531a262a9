/* the known word nearest to what somebody typed, for "did you mean" */
#ifndef TARSIER_BASE_SUGGEST_H
#define TARSIER_BASE_SUGGEST_H

#include "base/span.h"

struct nearest {
	span typed;
	span word;   /* the nearest so far; empty where none is near */
	size_t far;
};

/* Begin with (struct nearest){.typed = …}, offer every known word, read `word`: at most a third of its letters are
 * wrong, lost, too many or swapped with their neighbour, case aside. The words are borrowed. */
void nearest_offer(struct nearest *nearest, span known);

#endif
