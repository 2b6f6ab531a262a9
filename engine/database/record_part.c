#include "database/record_part.h"

#include <stdio.h>
#include <string.h>

bool is_name(const char *text, size_t limit)
{
	return *text && strnlen(text, limit + 1) <= limit && !strpbrk(text, "\r\n");
}

static const struct json_node *first_of(const struct advisory_sink *sink, const char *what, const struct json_node *list,
                                        const char *key, bool required)
{
	char why[80];
	bool absent = !list || list->kind == NODE_NULL || (list->kind == NODE_OBJECT && !list->first); /* Lua's empty list */
	if (absent ? required : list->kind != NODE_LIST) {
		snprintf(why, sizeof why, "\"%s\" is %s", key, absent ? "missing" : "not a list");
		sink->unreadable(sink->user, what, why);
	}
	return absent || list->kind != NODE_LIST ? NULL : list->first;
}

const struct json_node *record_elements(const struct advisory_sink *sink, const char *what, const struct json_node *list)
{
	return first_of(sink, what, list, list->key, true);
}

const struct json_node *record_list(const struct advisory_sink *sink, const char *what, const struct json_node *object,
                                    const char *key)
{
	return first_of(sink, what, node_get(object, key), key, true);
}

const struct json_node *record_list_or_none(const struct advisory_sink *sink, const char *what,
                                            const struct json_node *object, const char *key)
{
	return first_of(sink, what, node_get(object, key), key, false);
}

const char *record_text(const struct advisory_sink *sink, const char *what, const struct json_node *element)
{
	const char *text = node_string(element);
	if (text && *text)
		return text;
	sink->unreadable(sink->user, what, "an element of its lists is not a text");
	return "";
}

int record_no_memory(const struct arena *arena, struct tarsier_error *error)
{
	if (!arena->full)
		return error_memory(error);
	return error_set(error, TARSIER_LIMIT, "a record takes more than %zu MiB of memory", arena->limit >> 20);
}
