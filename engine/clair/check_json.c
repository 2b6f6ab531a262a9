/* checks the shape of Clair's answers */
#include "clair/internal.h"

#include <stdio.h>

enum { PLACE_SIZE = 200 };

/* The place in the answer. Members have keys, elements of lists do not. */
struct json_place {
	const struct json_place *above;
	const char *key;
	size_t index;
};

struct json_check {
	const char *answer;
	struct tarsier_error *error;
};

/* Writes "vulnerabilities.10.links" or "environments.3[0].introduced_in". Returns its length, cut at the end of the
 * text. */
static size_t write_place(const struct json_place *place, char *text)
{
	size_t at = place->above ? write_place(place->above, text) : 0;
	int more = place->key ? snprintf(text + at, PLACE_SIZE - at, "%s%.100s", at ? "." : "", place->key)
	                      : snprintf(text + at, PLACE_SIZE - at, "[%zu]", place->index);
	at += more > 0 ? (size_t)more : 0;
	return at < PLACE_SIZE ? at : PLACE_SIZE - 1;
}

static int wrong(const struct json_check *checking, const struct json_place *place, const char *what)
{
	char text[PLACE_SIZE] = "";
	write_place(place, text);
	return error_set(checking->error, TARSIER_BACKEND, "%s is not whole: %s %s", checking->answer,
	                 *text ? text : "it", what);
}

static const char *wrong_kind(const json_t *json, enum clair_kind kind)
{
	switch (kind) {
	case CLAIR_TEXT:
		return json_is_string(json) ? NULL : "is not a string";
	case CLAIR_NUMBER:
		return json_is_number(json) ? NULL : "is not a number";
	case CLAIR_BOOLEAN:
		return json_is_boolean(json) ? NULL : "is not a boolean";
	case CLAIR_LIST:
		return json_is_array(json) ? NULL : "is not a list";
	case CLAIR_OBJECT:
	case CLAIR_MAP:
		return json_is_object(json) ? NULL : "is not an object";
	case CLAIR_ANYTHING:
		break;
	}
	return NULL;
}

static int check(const struct json_check *checking, const struct json_place *place, json_t *json,
                 const struct clair_shape *shape);

static int check_members(const struct json_check *checking, const struct json_place *place, json_t *json,
                         const struct clair_shape *shape)
{
	int code = TARSIER_OK;
	for (; shape && shape->key && code >= 0; shape++)
		code = check(checking, &(struct json_place){place, shape->key, 0}, json_object_get(json, shape->key), shape);
	return code;
}

static int check_values(const struct json_check *checking, const struct json_place *place, json_t *json,
                        const struct clair_shape *shape)
{
	json_t *each;
	const char *key;
	int code = TARSIER_OK;
	json_object_foreach(json, key, each)
		if (code >= 0)
			code = check(checking, &(struct json_place){place, key, 0}, each, shape);
	return code;
}

static int check_elements(const struct json_check *checking, const struct json_place *place, json_t *json,
                          const struct clair_shape *shape)
{
	json_t *each;
	size_t i;
	int code = TARSIER_OK;
	json_array_foreach(json, i, each)
		if (code >= 0)
			code = check(checking, &(struct json_place){place, NULL, i}, each, shape);
	return code;
}

/* Recursion goes only as deep as the expected shape, not as deep as the answer. */
static int check(const struct json_check *checking, const struct json_place *place, json_t *json,
                 const struct clair_shape *shape)
{
	if (!json)
		return shape->lack & CLAIR_MAY_LACK ? TARSIER_OK : wrong(checking, place, "is missing");
	if (json_is_null(json) && shape->kind != CLAIR_ANYTHING)
		return shape->lack & CLAIR_MAY_BE_NULL ? TARSIER_OK : wrong(checking, place, "is null");
	const char *what = wrong_kind(json, shape->kind);
	if (what)
		return wrong(checking, place, what);
	if (shape->kind == CLAIR_OBJECT)
		return check_members(checking, place, json, shape->inside);
	if (shape->kind == CLAIR_MAP)
		return check_values(checking, place, json, shape->inside);
	return shape->kind == CLAIR_LIST ? check_elements(checking, place, json, shape->inside) : TARSIER_OK;
}

int clair_check_json(json_t *json, const struct clair_shape *shape, const char *where, const char *answer,
                     struct tarsier_error *error)
{
	const struct json_place place = {.key = where};
	return check(&(struct json_check){answer, error}, &place, json, shape);
}
