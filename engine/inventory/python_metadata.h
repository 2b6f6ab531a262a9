/* reads the metadata of a Python distribution */
#ifndef TARSIER_INVENTORY_PYTHON_METADATA_H
#define TARSIER_INVENTORY_PYTHON_METADATA_H

#include "layer/reader_output.h"

/* Adds the package that the headers name. Metadata without a name or a version becomes a note. Returns OK, MEMORY or
 * LIMIT; FORMAT if the name or version is invalid. */
int python_metadata(span content, struct reader_output *output, struct tarsier_error *error);

/* Returns true for "~equests": pip renames "requests" so before it replaces or removes it. The files of an interrupted
 * pip are no longer installed. */
bool python_is_leftover(span path);

#endif
