/* what may be a name, and reports of the parts of a record that cannot be read */
#ifndef TARSIER_DATABASE_RECORD_PART_H
#define TARSIER_DATABASE_RECORD_PART_H

#include "database/advisory.h"
#include "format/json_tree.h"

/* Of an advisory's id; of a package's name, an ecosystem, a version. Genuine ones are far shorter. What is longer is left
 * out and reported: a part of it would name something else. */
enum { ID_LIMIT = 128, NAME_LIMIT = 1024 };
/* False if the text is empty, longer than the limit or has several lines. */
bool is_name(const char *text, size_t limit);

/* Return the first element of the list object[key]; NULL if it is empty. Report the record `what` if something else is in
 * its place, and record_list also if nothing is. */
const struct json_node *record_list(const struct advisory_sink *sink, const char *what, const struct json_node *object,
                                    const char *key);
const struct json_node *record_list_or_none(const struct advisory_sink *sink, const char *what,
                                            const struct json_node *object, const char *key);
/* The same of a member of an object. */
const struct json_node *record_elements(const struct advisory_sink *sink, const char *what, const struct json_node *list);
/* Returns the text of an element of such a list. Reports the record, and returns "", if it is empty or not a text. */
const char *record_text(const struct advisory_sink *sink, const char *what, const struct json_node *element);

/* Fails with LIMIT if the arena of one record has reached its limit, else with MEMORY. */
int record_no_memory(const struct arena *arena, struct tarsier_error *error);

#endif
