#include "clair/json_stream.h"

#include <string.h>

/*
 *	object = "{" [ key ":" value { "," key ":" value } ] "}"     list = "[" [ value { "," value } ] "]"     RFC 8259
 *
 * Only the opened containers are parsed here. jansson parses the values inside.
 */
enum state {
	START,         /* the outermost object */
	FIRST_KEY,     /* a key or "}" */
	NEXT_KEY,
	IN_KEY,
	COLON,
	VALUE,
	FIRST_ELEMENT, /* a value or "]" */
	IN_STRING,
	IN_SCALAR,     /* a number, true, false, null */
	IN_CONTAINER,  /* a container that is not opened */
	AFTER,         /* "," or the container's end */
	END,
};

struct json_stream_level {
	bool is_object;
	const char *key; /* of the current member */
	size_t index;    /* of the current element */
	struct arena arena;
	struct map keys; /* keys that the object already had */
};

static int broken(const struct json_stream *stream, const char *why, struct tarsier_error *error)
{
	return error_set(error, TARSIER_BACKEND, "%s is not a JSON object: %s at byte %llu", stream->what, why,
	                 (unsigned long long)stream->at);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* ---- containers -------------------------------------------------------------------------------------------------- */

static struct json_stream_place place_of(const struct json_stream *stream)
{
	struct json_stream_place place = {.depth = stream->depth};
	for (size_t i = 0; i < stream->depth; i++) {
		place.keys[i] = stream->levels[i].is_object ? stream->levels[i].key : "";
		place.indexes[i] = stream->levels[i].index;
	}
	return place;
}

static void open_level(struct json_stream *stream, bool is_object)
{
	struct json_stream_level *level = &stream->levels[stream->depth++];
	*level = (struct json_stream_level){.is_object = is_object, .key = ""};
	arena_init(&level->arena, stream->allocator);
	level->keys.arena = &level->arena;
	stream->state = is_object ? FIRST_KEY : FIRST_ELEMENT;
}

static void close_level(struct json_stream *stream)
{
	arena_free(&stream->levels[--stream->depth].arena);
	stream->state = stream->depth ? AFTER : END;
}

/* ---- keys and values --------------------------------------------------------------------------------------------- */

/* Parses the text with jansson, wrapped in a list because older versions reject bare scalars. */
static int parse(struct json_stream *stream, json_t **list, struct tarsier_error *error)
{
	struct tarsier_error reason;
	if (!buffer_add(&stream->text, "]", 1))
		return error_memory(error);
	int code = json_parse_strict(buffer_span(&stream->text), JSON_STREAM_VALUE + 2, "JSON", list, &reason);
	if (code >= 0 && json_array_size(*list) != 1) {
		json_decref(*list);
		*list = NULL;
		code = error_set(&reason, TARSIER_FORMAT, "no value");
	}
	if (code >= 0 || code == TARSIER_MEMORY)
		return code < 0 ? error_memory(error) : TARSIER_OK;
	return error_set(error, code == TARSIER_LIMIT ? code : TARSIER_BACKEND,
	                 "%s is not a JSON object: before byte %llu: %.200s", stream->what, (unsigned long long)stream->at,
	                 reason.message);
}

static int take_key(struct json_stream *stream, struct tarsier_error *error)
{
	struct json_stream_level *level = &stream->levels[stream->depth - 1];
	json_t *list = NULL;
	int code = parse(stream, &list, error);
	if (code < 0)
		return code;
	level->key = arena_string(&level->arena, json_string_value(json_array_get(list, 0)));
	json_decref(list);
	if (!level->key)
		return error_memory(error);
	if (map_get(&level->keys, span_of(level->key)))
		return error_set(error, TARSIER_BACKEND, "%s has the key \"%.100s\" twice in one object", stream->what, level->key);
	if (!map_put(&level->keys, span_of(level->key), level))
		return error_memory(error);
	stream->state = COLON;
	return TARSIER_OK;
}

static int take_value(struct json_stream *stream, struct tarsier_error *error)
{
	const struct json_stream_place place = place_of(stream);
	json_t *list = NULL;
	int code = parse(stream, &list, error);
	if (code >= 0)
		code = stream->take(stream->user, &place, json_array_get(list, 0), error);
	json_decref(list);
	stream->state = AFTER;
	return code;
}

static int begin_text(struct json_stream *stream, int state, struct tarsier_error *error)
{
	stream->state = state;
	stream->text.length = 0;
	stream->nested = 0;
	stream->in_string = stream->escaped = false;
	return buffer_add(&stream->text, "[", 1) ? TARSIER_OK : error_memory(error);
}

static int add_text(struct json_stream *stream, span piece, struct tarsier_error *error)
{
	size_t limit = stream->state == IN_KEY ? JSON_STREAM_KEY : JSON_STREAM_VALUE;
	if (stream->text.length + piece.len > limit)
		return error_set(error, TARSIER_LIMIT, "%s holds a %s of more than %zu bytes", stream->what,
		                 stream->state == IN_KEY ? "key" : "value", limit);
	return buffer_add(&stream->text, piece.ptr, piece.len) ? TARSIER_OK : error_memory(error);
}

static int begin_value(struct json_stream *stream, char c, struct tarsier_error *error)
{
	const struct json_stream_place place = place_of(stream);
	if (c == '{' || c == '[') {
		if (stream->depth < JSON_STREAM_DEPTH && stream->opens(stream->user, &place, c == '{')) {
			open_level(stream, c == '{');
			return TARSIER_OK;
		}
		return begin_text(stream, IN_CONTAINER, error);
	}
	if (c == '"')
		return begin_text(stream, IN_STRING, error);
	if (c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n')
		return begin_text(stream, IN_SCALAR, error);
	return broken(stream, "no value", error);
}

/* ---- the bytes --------------------------------------------------------------------------------------------------- */

/* Returns how many bytes of the piece belong to the current string, container or scalar. Sets *ends if it ends
 * there. */
static size_t measure(struct json_stream *stream, span piece, bool *ends)
{
	for (size_t i = 0; i < piece.len; i++) {
		char c = piece.ptr[i];
		*ends = false;
		if (stream->state == IN_SCALAR) {
			if (is_space(c) || c == ',' || c == '}' || c == ']') {
				*ends = true;
				return i;
			}
		} else if (stream->in_string) {
			bool quote = c == '"' && !stream->escaped;
			stream->escaped = c == '\\' && !stream->escaped;
			stream->in_string = !quote;
			*ends = quote && !stream->nested;
		} else {
			stream->in_string = c == '"';
			stream->nested += c == '{' || c == '[';
			stream->nested -= (c == '}' || c == ']') && stream->nested;
			*ends = !stream->in_string && !stream->nested;
		}
		if (*ends)
			return i + 1;
	}
	return piece.len;
}

static int feed_text(struct json_stream *stream, span *piece, struct tarsier_error *error)
{
	bool ends = false;
	size_t count = measure(stream, *piece, &ends);
	int code = add_text(stream, (span){piece->ptr, count}, error);
	*piece = span_from(*piece, count);
	stream->at += count;
	if (code < 0 || !ends)
		return code;
	return stream->state == IN_KEY ? take_key(stream, error) : take_value(stream, error);
}

static int feed_after(struct json_stream *stream, char c, struct tarsier_error *error)
{
	struct json_stream_level *level = &stream->levels[stream->depth - 1];
	if (c == (level->is_object ? '}' : ']'))
		close_level(stream);
	else if (c != ',')
		return broken(stream, "no comma", error);
	else
		stream->state = level->is_object ? NEXT_KEY : VALUE;
	level->index++;
	return TARSIER_OK;
}

/* Handles a byte between keys and values. Sets *stays if it is the first byte of the next token. */
static int feed_byte(struct json_stream *stream, char c, bool *stays, struct tarsier_error *error)
{
	switch (stream->state) {
	case START:
		if (c != '{')
			return broken(stream, "no brace", error);
		open_level(stream, true);
		return TARSIER_OK;
	case FIRST_KEY:
	case NEXT_KEY:
		if (c == '}' && stream->state == FIRST_KEY) {
			close_level(stream);
			return TARSIER_OK;
		}
		*stays = true;
		return c == '"' ? begin_text(stream, IN_KEY, error) : broken(stream, "no key", error);
	case COLON:
		stream->state = VALUE;
		return c == ':' ? TARSIER_OK : broken(stream, "no colon", error);
	case FIRST_ELEMENT:
		if (c == ']') {
			close_level(stream);
			return TARSIER_OK;
		}
		/* fall through */
	case VALUE: {
		int code = begin_value(stream, c, error);
		*stays = stream->state == IN_STRING || stream->state == IN_SCALAR || stream->state == IN_CONTAINER;
		return code;
	}
	case AFTER:
		return feed_after(stream, c, error);
	default:
		return broken(stream, "more text", error);
	}
}

static bool is_in_text(const struct json_stream *stream)
{
	return stream->state == IN_KEY || stream->state == IN_STRING || stream->state == IN_SCALAR ||
	       stream->state == IN_CONTAINER;
}

int json_stream_feed(struct json_stream *stream, span piece, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	while (piece.len && code >= 0) {
		bool stays = false;
		if (is_in_text(stream)) {
			code = feed_text(stream, &piece, error);
			continue;
		}
		if (!is_space(piece.ptr[0]))
			code = feed_byte(stream, piece.ptr[0], &stays, error);
		if (!stays) {
			piece = span_from(piece, 1);
			stream->at++;
		}
	}
	return code;
}

int json_stream_begin(struct json_stream *stream, struct tarsier_error *error)
{
	size_t size = (JSON_STREAM_DEPTH + 1) * sizeof *stream->levels;
	stream->levels = memory_resize(stream->allocator, NULL, 0, size);
	buffer_init(&stream->text, stream->allocator);
	return stream->levels ? TARSIER_OK : error_memory(error);
}

int json_stream_end(struct json_stream *stream, struct tarsier_error *error)
{
	return stream->state == END ? TARSIER_OK : broken(stream, "it ends", error);
}

void json_stream_free(struct json_stream *stream)
{
	if (!stream->levels)
		return;
	while (stream->depth)
		arena_free(&stream->levels[--stream->depth].arena);
	memory_resize(stream->allocator, stream->levels, (JSON_STREAM_DEPTH + 1) * sizeof *stream->levels, 0);
	buffer_free(&stream->text);
	stream->levels = NULL;
}
