/* a Python distribution's metadata, wherever it lies */
#ifndef TARSIER_INVENTORY_PYTHON_METADATA_H
#define TARSIER_INVENTORY_PYTHON_METADATA_H

#include "layer/reader_output.h"

/* Adds the package that the headers name. Metadata without a name or a version becomes a note. Returns OK,
 * MEMORY, LIMIT; FORMAT if name or version cannot be one. */
int python_metadata(span content, struct reader_output *output, struct tarsier_error *error);

/* pip renames what it is about to replace or remove: "requests" to "~equests". What an interrupted pip leaves behind is
 * not installed any more. */
bool python_is_leftover(span path);

#endif
