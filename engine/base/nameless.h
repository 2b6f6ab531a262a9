/* a file without a name, for what must not stay on the disk */
#ifndef TARSIER_BASE_NAMELESS_H
#define TARSIER_BASE_NAMELESS_H

#include "base/error.h"

/* Opens one for reading and writing in $TMPDIR, else in /tmp: it is gone with its last descriptor, however the process ends.
 * Returns the descriptor, or IO. */
int nameless_open(struct tarsier_error *error);

#endif
