/* JSON documents, parsed with jansson */
#ifndef TARSIER_FORMAT_JSON_H
#define TARSIER_FORMAT_JSON_H

#include "base/error.h"
#include "base/span.h"

#include <jansson.h>

/* Parses one document of at most `limit` bytes and skips a byte-order mark. The caller owns *json and frees it with
 * json_decref. Fails with FORMAT and "what: line L column C: …", or LIMIT. */
int json_parse(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error);
/* The same for documents that hold secrets: messages name the position and do not quote the text. */
int json_parse_secret(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error);
/* The same, but a duplicate key of an object fails with FORMAT. */
int json_parse_strict(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error);

/* Read members of an object. A NULL object, an absent key, null and a wrong type all give the default. */
const char *json_text(const json_t *object, const char *key);        /* "" by default; borrowed from the object */
const json_t *json_list(const json_t *object, const char *key);      /* NULL by default */
const json_t *json_member(const json_t *object, const char *key);    /* an object or NULL */
uint64_t json_count(const json_t *object, const char *key);          /* a whole number ≥ 0; 0 by default */

#endif
