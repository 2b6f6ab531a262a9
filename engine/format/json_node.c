#include "format/json_tree.h"

#include <string.h>

const struct json_node *node_get(const struct json_node *object, const char *key)
{
	const struct json_node *found = NULL;
	if (!object || object->kind != NODE_OBJECT)
		return NULL;
	for (const struct json_node *member = object->first; member; member = member->next)
		if (*member->key == *key && strcmp(member->key, key) == 0)
			found = member;
	return found;
}

const char *node_string(const struct json_node *node)
{
	return node && node->kind == NODE_TEXT ? node->text : NULL;
}

const char *node_text(const struct json_node *object, const char *key)
{
	const char *text = node_string(node_get(object, key));
	return text ? text : "";
}

static const struct json_node *of_kind(const struct json_node *object, const char *key, enum node_kind kind)
{
	const struct json_node *node = node_get(object, key);
	return node && node->kind == kind ? node : NULL;
}

const struct json_node *node_list(const struct json_node *object, const char *key)
{
	return of_kind(object, key, NODE_LIST);
}

const struct json_node *node_member(const struct json_node *object, const char *key)
{
	return of_kind(object, key, NODE_OBJECT);
}

static uint64_t digits(span *text)
{
	uint64_t number = 0;
	while (text->len && text->ptr[0] >= '0' && text->ptr[0] <= '9' && number < UINT64_MAX / 10 - 1) {
		number = number * 10 + (uint64_t)(text->ptr[0] - '0');
		*text = span_from(*text, 1);
	}
	return number;
}

/* Without strtod, which depends on the locale. Nine digits of a fraction are enough for scores. */
double node_number(const struct json_node *node, double otherwise)
{
	if (!node || (node->kind != NODE_NUMBER && node->kind != NODE_TEXT) || !node->length)
		return otherwise;
	span text = {node->text, node->length};
	bool negative = span_starts(text, "-");
	text = span_from(text, negative);
	size_t before = text.len;
	double number = (double)digits(&text), scale = 1;
	if (text.len == before)
		return otherwise;
	if (span_starts(text, ".")) {
		text = span_from(text, 1);
		for (; text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9'; text = span_from(text, 1))
			number += (text.ptr[0] - '0') * (scale /= 10);
	}
	return text.len ? otherwise : negative ? -number : number;
}

size_t node_count(const struct json_node *node)
{
	return node ? node->count : 0;
}

size_t node_length(const struct json_node *node)
{
	return node && node->kind == NODE_TEXT ? node->length : 0;
}

const struct json_node *node_first(const struct json_node *parent)
{
	return parent ? parent->first : NULL;
}
