#include "format/json_tree.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

/* Real documents have about 20 levels. */
enum { DEPTH_MOST = 200 };

static int fail(struct json_cutter *cutter, int code)
{
	cutter->code = code;
	return 0; /* yajl stops */
}

static int invalid(struct json_cutter *cutter, int code, const char *why)
{
	cutter->invalid = true;
	return fail(cutter, error_set(cutter->error, code, "%s: %s", cutter->what, why));
}

static int no_room(struct json_cutter *cutter)
{
	if (!cutter->values->full && !cutter->keys.full)
		return fail(cutter, error_memory(cutter->error));
	cutter->invalid = true;
	return fail(cutter, error_set(cutter->error, TARSIER_LIMIT, "%s: a value takes more than %zu bytes of memory",
	                              cutter->what, cutter->limit));
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

static bool in_value(const struct json_cutter *cutter)
{
	return cutter->nested > 0;
}

static int open_container(struct json_cutter *cutter, bool is_object)
{
	size_t depth = cutter->place.depth++;
	cutter->lists[depth] = !is_object;
	cutter->place.keys[depth] = "";
	return 1;
}

static int give(struct json_cutter *cutter, const struct json_node *value)
{
	if (cutter->place.depth == 0) { /* what follows may still make the document invalid */
		cutter->root = value;
		return 1;
	}
	int code = cutter->take(cutter->user, &cutter->place, value, cutter->error);
	if (cutter->values == &cutter->own)
		arena_reset(cutter->values);
	return code < 0 ? fail(cutter, code) : 1;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static struct json_node *add_node(struct json_cutter *cutter, enum node_kind kind)
{
	struct json_node *node = arena_alloc(cutter->values, sizeof *node);
	if (!node)
		return NULL;
	node->kind = kind;
	if (!cutter->nested)
		return node;
	struct json_node *parent = cutter->open[cutter->nested - 1];
	node->key = parent->kind == NODE_OBJECT ? cutter->key : NULL;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
	parent->count++;
	return node;
}

static int add_literal(struct json_cutter *cutter, enum node_kind kind)
{
	struct json_node *node = add_node(cutter, kind);
	if (!node)
		return no_room(cutter);
	return in_value(cutter) ? 1 : give(cutter, node);
}

static int on_null(void *user)
{
	return add_literal(user, NODE_NULL);
}

static int on_boolean(void *user, int is_true)
{
	return add_literal(user, is_true ? NODE_TRUE : NODE_FALSE);
}

/* yajl accepts "\u0000" and a lone surrogate, which no C string and no UTF-8 can hold. */
static bool is_text(const char *text, size_t length)
{
	span rest = {text, length};
	for (size_t i = 0; i < length; i++) {
		unsigned char byte = (unsigned char)text[i];
		if (byte == 0)
			return false;
		if (byte < 0x80)
			continue;
		size_t bytes = utf8_character(span_from(rest, i));
		if (!bytes)
			return false;
		i += bytes - 1;
	}
	return true;
}

static char *copy_text(struct json_cutter *cutter, struct arena *arena, const void *text, size_t length)
{
	char *copy = arena_copy(arena, text, length);
	if (!copy)
		no_room(cutter);
	else if (!is_text(copy, length))
		invalid(cutter, TARSIER_FORMAT, "a string that is not UTF-8, or holds a NUL");
	return cutter->code < 0 ? NULL : copy;
}

static int add_text(struct json_cutter *cutter, enum node_kind kind, const void *text, size_t length)
{
	if (length > cutter->limit / 4)
		return invalid(cutter, TARSIER_LIMIT, "a string longer than any real one");
	struct json_node *node = add_node(cutter, kind);
	if (!node)
		return no_room(cutter);
	node->text = copy_text(cutter, cutter->values, text, length);
	node->length = length;
	if (!node->text)
		return 0;
	return in_value(cutter) ? 1 : give(cutter, node);
}

static int on_number(void *user, const char *text, size_t length)
{
	return add_text(user, NODE_NUMBER, text, length);
}

static int on_string(void *user, const unsigned char *text, size_t length)
{
	return add_text(user, NODE_TEXT, text, length);
}

/* Keys of opened containers are kept until the next key, in an arena of their own. */
static int on_key(void *user, const unsigned char *text, size_t length)
{
	struct json_cutter *cutter = user;
	if (in_value(cutter))
		return (cutter->key = copy_text(cutter, cutter->values, text, length)) != NULL;
	if (cutter->place.depth == 1)
		arena_reset(&cutter->keys);
	char *key = copy_text(cutter, &cutter->keys, text, length);
	cutter->place.keys[cutter->place.depth - 1] = key ? key : "";
	return key != NULL;
}

/* ---- containers -------------------------------------------------------------------------------------------------- */

static bool make_room(struct json_cutter *cutter)
{
	if (cutter->nested < cutter->deep)
		return true;
	size_t deep = cutter->deep ? cutter->deep * 2 : 16;
	struct json_node **moved = realloc(cutter->open, deep * sizeof(struct json_node *));
	if (!moved)
		return false;
	cutter->open = moved;
	cutter->deep = deep;
	return true;
}

static int start(struct json_cutter *cutter, bool is_object)
{
	bool opens = !in_value(cutter) && cutter->place.depth < JSON_PLACES && cutter->opens;
	if (opens && cutter->opens(cutter->user, &cutter->place, is_object))
		return open_container(cutter, is_object);
	if (cutter->nested >= DEPTH_MOST)
		return invalid(cutter, TARSIER_LIMIT, "JSON nested more than 200 levels deep");
	struct json_node *node = add_node(cutter, is_object ? NODE_OBJECT : NODE_LIST);
	if (!node)
		return no_room(cutter);
	if (!make_room(cutter))
		return fail(cutter, error_memory(cutter->error));
	cutter->open[cutter->nested++] = node;
	return 1;
}

static int end(struct json_cutter *cutter)
{
	if (!in_value(cutter)) {
		cutter->place.depth--;
		return 1;
	}
	struct json_node *node = cutter->open[--cutter->nested];
	return in_value(cutter) ? 1 : give(cutter, node);
}

static int on_start_object(void *user) { return start(user, true); }
static int on_end_object(void *user) { return end(user); }
static int on_start_list(void *user) { return start(user, false); }
static int on_end_list(void *user) { return end(user); }

/* ---- documents --------------------------------------------------------------------------------------------------- */

static const yajl_callbacks callbacks = {
	.yajl_null = on_null, .yajl_boolean = on_boolean, .yajl_number = on_number, .yajl_string = on_string,
	.yajl_start_map = on_start_object, .yajl_map_key = on_key, .yajl_end_map = on_end_object,
	.yajl_start_array = on_start_list, .yajl_end_array = on_end_list,
};

bool json_opens_list(void *user, const struct cut_place *place, bool is_object)
{
	(void)user;
	return place->depth == 0 && !is_object;
}

int json_cutter_begin(struct json_cutter *cutter, struct tarsier_error *error)
{
	arena_init(&cutter->keys, NULL);
	arena_init(&cutter->own, NULL);
	if (!cutter->values)
		cutter->values = &cutter->own;
	cutter->own.limit = cutter->keys.limit = cutter->limit;
	cutter->parser = yajl_alloc(&callbacks, NULL, cutter);
	return cutter->parser ? 0 : error_memory(error);
}

static int fail_parser(struct json_cutter *cutter, span piece, struct tarsier_error *error)
{
	cutter->invalid = true;
	unsigned char *text = yajl_get_error(cutter->parser, 0, (const unsigned char *)piece.ptr, piece.len);
	span reason = span_trim(span_of((const char *)text));
	int code = error_set(error, TARSIER_FORMAT, "%s: not JSON: %.*s", cutter->what, SPAN_ARG(reason));
	yajl_free_error(cutter->parser, text);
	return code;
}

static int check(struct json_cutter *cutter, int status, span piece, struct tarsier_error *error)
{
	if (cutter->code < 0)
		return cutter->code;
	return status == yajl_status_ok ? 0 : fail_parser(cutter, piece, error);
}

int json_cutter_feed(struct json_cutter *cutter, span piece, struct tarsier_error *error)
{
	cutter->error = error;
	if (!cutter->begun && span_starts(piece, "\xEF\xBB\xBF")) /* yajl skips no byte-order mark */
		piece = span_from(piece, 3);
	cutter->begun = true;
	return check(cutter, yajl_parse(cutter->parser, (const unsigned char *)piece.ptr, piece.len), piece, error);
}

int json_cutter_end(struct json_cutter *cutter, struct tarsier_error *error)
{
	cutter->error = error;
	int code = check(cutter, yajl_complete_parse(cutter->parser), SPAN(""), error);
	if (code < 0 || !cutter->root)
		return code;
	return cutter->take(cutter->user, &cutter->place, cutter->root, error);
}

void json_cutter_free(struct json_cutter *cutter)
{
	if (cutter->parser)
		yajl_free(cutter->parser);
	free(cutter->open);
	arena_free(&cutter->own);
	arena_free(&cutter->keys);
}

static int keep(void *user, const struct cut_place *place, const struct json_node *value, struct tarsier_error *error)
{
	(void)place, (void)error;
	*(const struct json_node **)user = value;
	return 0;
}

int json_tree(struct arena *arena, span text, size_t limit, const char *what, const struct json_node **root,
              struct tarsier_error *error)
{
	*root = NULL;
	if (text.len > limit)
		return error_set(error, TARSIER_LIMIT, "%s: %zu bytes of JSON, more than the limit of %zu", what, text.len, limit);
	struct json_cutter cutter = {.take = keep, .user = root, .what = what, .limit = 4 * limit, .values = arena};
	size_t before = arena->limit;
	arena->limit = arena->used + 4 * limit;
	int code = json_cutter_begin(&cutter, error);
	if (code >= 0)
		code = json_cutter_feed(&cutter, text, error);
	if (code >= 0)
		code = json_cutter_end(&cutter, error);
	json_cutter_free(&cutter);
	arena->limit = before;
	return code;
}
