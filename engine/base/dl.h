/* shared libraries that are loaded when first needed: what a scan does not use it shall not pay for */
#ifndef TARSIER_BASE_DL_H
#define TARSIER_BASE_DL_H

#include "base/error.h"

struct library_symbol {
	const char *name;
	void *place; /* of the function's pointer */
};

/* Fills the places, or UNSUPPORTED: "NEED FILE (package PACKAGE)". The library stays loaded: to unload and load it again
 * would cost more than it gives, and some leave things in the process. Thread-safe. */
int library_load(const char *file, const char *need, const char *package, const struct library_symbol *symbols,
                 size_t count, struct tarsier_error *error);

#endif
