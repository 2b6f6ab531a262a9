/* patterns with "*", for names and paths */
#ifndef TARSIER_BASE_GLOB_H
#define TARSIER_BASE_GLOB_H

#include "base/span.h"

/* Does all of `text` match? "*" stands for any text, "?" for one character. Takes at most pattern × text steps, because
 * only the last star is ever tried again; adds them to *steps unless that is NULL. */
bool glob_matches(span pattern, span text, uint64_t *steps);

#endif
