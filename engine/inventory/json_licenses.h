/* licences as package.json and Composer's files state them */
#ifndef TARSIER_INVENTORY_JSON_LICENSES_H
#define TARSIER_INVENTORY_JSON_LICENSES_H

#include "format/json.h"
#include "inventory/reader_add.h"

/* reader_add of a package whose `license` in its JSON file is a text, an object with a text `type`, or a list of those.
 * A list is a choice (getcomposer.org, "The composer.json schema", license; npm's old "licenses"): "(MIT OR Apache-2.0)".
 * NULL and other values state nothing. Returns OK, MEMORY, LIMIT, FORMAT. */
int reader_add_json(struct reader_output *output, struct package_spans package, const json_t *license,
                    struct tarsier_error *error);

#endif
