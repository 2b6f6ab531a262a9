#include "format/json.h"

#include <string.h>

/* jansson parses and frees recursively. Its own limit of 2048 levels needs more stack than a thread of an embedding
 * host may have. The deepest real document here (a CycloneDX attestation) has about 20 levels. */
enum { JSON_MAX_DEPTH = 200 };

/* An empty object takes three bytes of text and about 250 of memory, so a limit on the text alone does not limit
 * memory. Real documents have a value about every 20 bytes. Denser ones may have one value for every 16 bytes of the
 * text's limit, and always this many. */
enum { JSON_VALUES_FREE = 4096, JSON_BYTES_A_VALUE = 16 };

/* Returns the end of a string that begins at `at`: its closing quote, or the end of the text. */
static size_t skip_string(span text, size_t at)
{
	while (++at < text.len && text.ptr[at] != '"')
		if (text.ptr[at] == '\\')
			at++;
	return at;
}

/* Counts brackets and commas without recursion before jansson sees the text. */
static int check_shape(span text, size_t limit, const char *what, struct tarsier_error *error)
{
	size_t depth = 0, values = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '"')
			i = skip_string(text, i);
		else if (c == '{' || c == '[')
			depth++, values++;
		else if (c == '}' || c == ']')
			depth -= depth > 0;
		else if (c == ',')
			values++;
		if (depth > JSON_MAX_DEPTH)
			return error_set(error, TARSIER_LIMIT, "%s: JSON nested more than %d levels deep", what, JSON_MAX_DEPTH);
	}
	if (values > JSON_VALUES_FREE && values - JSON_VALUES_FREE > limit / JSON_BYTES_A_VALUE)
		return error_set(error, TARSIER_LIMIT, "%s: JSON has %zu values, too many for its limit of %zu bytes", what,
		                 values, limit);
	return TARSIER_OK;
}

static int parse(span text, size_t limit, const char *what, size_t flags, bool is_secret, json_t **json,
                 struct tarsier_error *error)
{
	*json = NULL;
	if (text.len > limit)
		return error_set(error, TARSIER_LIMIT, "%s: %zu bytes of JSON, more than the limit of %zu", what, text.len, limit);
	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_from(text, 3);
	int code = check_shape(text, limit, what, error);
	if (code < 0)
		return code;
	json_error_t problem;
	*json = json_loadb(text.len ? text.ptr : "", text.len, flags, &problem);
	if (*json)
		return TARSIER_OK;
	if (json_error_code(&problem) == json_error_out_of_memory)
		return error_memory(error);
	return error_set(error, TARSIER_FORMAT, "%s: line %d column %d: %s", what, problem.line, problem.column,
	                 is_secret ? "this is not JSON" : problem.text);
}

int json_parse(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error)
{
	return parse(text, limit, what, 0, false, json, error);
}

int json_parse_secret(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error)
{
	return parse(text, limit, what, 0, true, json, error);
}

int json_parse_strict(span text, size_t limit, const char *what, json_t **json, struct tarsier_error *error)
{
	return parse(text, limit, what, JSON_REJECT_DUPLICATES, false, json, error);
}

const char *json_text(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	return text ? text : "";
}

const json_t *json_list(const json_t *object, const char *key)
{
	const json_t *list = json_object_get(object, key);
	return json_is_array(list) ? list : NULL;
}

const json_t *json_member(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);
	return json_is_object(member) ? member : NULL;
}

uint64_t json_count(const json_t *object, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(object, key));
	return number > 0 ? (uint64_t)number : 0;
}
