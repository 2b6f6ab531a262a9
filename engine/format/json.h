/* JSON documents, through jansson */
#ifndef TARSIER_FORMAT_JSON_H
#define TARSIER_FORMAT_JSON_H

#include "base/error.h"
#include "base/span.h"

#include <jansson.h>

/* Parses one document of at most `limit` bytes. FORMAT with "what: line L column C: …", LIMIT. The caller owns *json:
 * json_decref. A byte-order mark is skipped. */
int json_parse(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error);
/* The same for documents that hold secrets: messages say where, and show nothing of the text. */
int json_parse_secret(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error);
/* The same, and an object with a key twice is FORMAT. */
int json_parse_strict(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error);

/* Members of an object, forgiving: NULL object, absent key, null and wrong type all give the default. */
const char *json_text(const json_t *object, const char *key);        /* "" by default; borrowed from the object */
const json_t *json_list(const json_t *object, const char *key);      /* NULL by default */
const json_t *json_member(const json_t *object, const char *key);    /* an object or NULL */
uint64_t json_count(const json_t *object, const char *key);          /* a whole number ≥ 0; 0 by default */

#endif
