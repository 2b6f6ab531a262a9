/* internal to feeds/osv.c and osv_affected.c */
#ifndef TARSIER_DATABASE_OSV_READING_H
#define TARSIER_DATABASE_OSV_READING_H

#include "database/record_part.h"

struct osv_reading {
	struct arena arena;       /* memory for one record */
	struct advisory_sink *sink;
	struct tarsier_error *error;
	const char *name;         /* of the file */
	const char *id;           /* of the record */
	bool no_memory;
	int failed;               /* the code with which the sink refused a record */
};

/* Returns room for `count` things in reading->arena, or NULL and sets reading->no_memory. */
void *osv_list(struct osv_reading *reading, size_t count, size_t size);
const char *osv_word_in(const struct json_node *object, const char *group, const char *key, const char *otherwise);

/* Returns the CVSS vectors of "severity", valid or not, and `other`, if it is not NULL. Any other type ("Ubuntu") is a
 * distribution's own rating and goes to *word. */
const char **osv_severity(struct osv_reading *reading, const struct json_node *object, const char *other,
                          const char **word);
/* Returns the vector, or the rating of a score without one, in "database_specific"; NULL if there is none. */
const char *osv_vector_in(const struct json_node *specific);
const char *osv_word_of_score(const struct json_node *specific);

/* Reads one element of "affected". */
void osv_affected(struct osv_reading *reading, const struct json_node *record, const struct json_node *json,
                  struct affected *affected);

#endif
