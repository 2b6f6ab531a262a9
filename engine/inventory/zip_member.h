/* reads one member of a zip file in memory */
#ifndef TARSIER_INVENTORY_ZIP_MEMBER_H
#define TARSIER_INVENTORY_ZIP_MEMBER_H

#include "base/error.h"
#include "base/span.h"

/* Returns true if the file begins like a zip. */
bool zip_is(span file);

/* Finds the member by its exact name and decompresses it into the arena. Supports stored and deflated members without
 * zip64, for small evidence. Fails with NOT_FOUND, LIMIT if it expands to more than `limit` bytes, FORMAT, UNSUPPORTED,
 * MEMORY. */
int zip_member(struct arena *arena, span file, const char *name, size_t limit, span *content, struct tarsier_error *error);

#endif
