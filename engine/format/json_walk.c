#include "format/json_walk.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(span *rest)
{
	while (rest->len && is_space(rest->ptr[0]))
		rest->ptr++, rest->len--;
}

static bool take(span *rest, char c)
{
	if (!rest->len || rest->ptr[0] != c)
		return false;
	rest->ptr++, rest->len--;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

/* Returns the length of the escape that begins at the backslash, or 0. */
static size_t escape_length(span text)
{
	if (text.len < 2)
		return 0;
	if (text.ptr[1] != 'u')
		return memchr("\"\\/bfnrt", text.ptr[1], 8) ? 2 : 0;
	for (size_t i = 2; i < 6; i++)
		if (i >= text.len || !is_hex(text.ptr[i]))
			return 0;
	return 6;
}

/* Takes a string; *inner is what its quotes enclose. */
static bool take_string(span *rest, span *inner)
{
	if (!take(rest, '"'))
		return false;
	*inner = *rest;
	for (size_t i = 0; i < rest->len; i++) {
		unsigned char c = (unsigned char)rest->ptr[i];
		if (c == '"') {
			inner->len = i;
			rest->ptr += i + 1, rest->len -= i + 1;
			return true;
		}
		if (c < 0x20)
			return false;
		if (c == '\\') {
			size_t length = escape_length((span){rest->ptr + i, rest->len - i});
			if (!length)
				return false;
			i += length - 1;
		}
	}
	return false;
}

static size_t take_digits(span *rest)
{
	size_t before = rest->len;
	while (rest->len && is_digit(rest->ptr[0]))
		rest->ptr++, rest->len--;
	return before - rest->len;
}

static bool take_number(span *rest)
{
	take(rest, '-');
	if (!take(rest, '0') && !take_digits(rest))
		return false;
	if (take(rest, '.') && !take_digits(rest))
		return false;
	if (take(rest, 'e') || take(rest, 'E')) {
		if (!take(rest, '-'))
			take(rest, '+');
		return take_digits(rest) > 0;
	}
	return true;
}

static bool take_word(span *rest, const char *word)
{
	size_t length = strlen(word);
	if (rest->len < length || memcmp(rest->ptr, word, length) != 0)
		return false;
	rest->ptr += length, rest->len -= length;
	return true;
}

static bool take_scalar(span *rest)
{
	span inner;
	if (!rest->len)
		return false;
	switch (rest->ptr[0]) {
	case '"':
		return take_string(rest, &inner);
	case 't':
		return take_word(rest, "true");
	case 'f':
		return take_word(rest, "false");
	case 'n':
		return take_word(rest, "null");
	default:
		return take_number(rest);
	}
}

/* Takes a key and its colon. */
static bool take_key(span *rest, span *key)
{
	skip_space(rest);
	if (!take_string(rest, key))
		return false;
	skip_space(rest);
	return take(rest, ':');
}

struct nesting {
	size_t depth;
	bool is_object[JSON_WALK_DEPTH];
};

/* Takes the ends of containers, then the comma and the key before the next value. */
static bool take_ends(span *rest, struct nesting *nesting)
{
	span key;
	while (nesting->depth) {
		bool is_object = nesting->is_object[nesting->depth - 1];
		skip_space(rest);
		if (take(rest, ','))
			return !is_object || take_key(rest, &key);
		if (!take(rest, is_object ? '}' : ']'))
			return false;
		nesting->depth--;
	}
	return true;
}

/* Takes one value with all that it contains. */
static enum json_walk_end take_value(span *rest)
{
	struct nesting nesting = {0};
	span key;
	do {
		skip_space(rest);
		bool is_object = rest->len && rest->ptr[0] == '{';
		if (!take(rest, '{') && !take(rest, '[')) {
			if (!take_scalar(rest) || !take_ends(rest, &nesting))
				return JSON_WALK_BROKEN;
			continue;
		}
		if (nesting.depth == JSON_WALK_DEPTH)
			return JSON_WALK_DEEP;
		nesting.is_object[nesting.depth++] = is_object;
		skip_space(rest);
		bool empty = rest->len && rest->ptr[0] == (is_object ? '}' : ']');
		if (empty ? !take_ends(rest, &nesting) : is_object && !take_key(rest, &key))
			return JSON_WALK_BROKEN;
	} while (nesting.depth);
	return JSON_WALK_MORE;
}

/* ---- the outermost container -------------------------------------------------------------------------------------- */

void json_walk_begin(struct json_walk *walk, span text)
{
	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_from(text, 3);
	*walk = (struct json_walk){.whole = text, .rest = text};
	skip_space(&walk->rest);
	walk->is_object = take(&walk->rest, '{');
	if (!walk->is_object && !take(&walk->rest, '['))
		walk->end = JSON_WALK_BROKEN;
}

static bool end(struct json_walk *walk, enum json_walk_end how)
{
	walk->end = how;
	return false;
}

bool json_walk_next(struct json_walk *walk, span *key, span *value)
{
	span *rest = &walk->rest;
	if (walk->end != JSON_WALK_MORE)
		return false;
	skip_space(rest);
	if (take(rest, walk->is_object ? '}' : ']')) {
		skip_space(rest);
		return end(walk, rest->len ? JSON_WALK_BROKEN : JSON_WALK_END);
	}
	if (walk->begun && !take(rest, ','))
		return end(walk, JSON_WALK_BROKEN);
	walk->begun = true;
	*key = SPAN("");
	if (walk->is_object && !take_key(rest, key))
		return end(walk, JSON_WALK_BROKEN);
	skip_space(rest);
	*value = *rest;
	enum json_walk_end how = take_value(rest);
	value->len -= rest->len;
	return how == JSON_WALK_MORE || end(walk, how);
}

int json_walk_result(const struct json_walk *walk, const char *what, struct tarsier_error *error)
{
	size_t line = 1;
	if (walk->end == JSON_WALK_DEEP)
		return error_set(error, TARSIER_LIMIT, "%s: JSON nested more than %d levels deep", what, JSON_WALK_DEPTH);
	if (walk->end != JSON_WALK_BROKEN)
		return TARSIER_OK;
	for (size_t i = 0; i < walk->whole.len - walk->rest.len; i++)
		line += walk->whole.ptr[i] == '\n';
	if (!walk->rest.len)
		return error_set(error, TARSIER_FORMAT, "%s: line %zu: the JSON text ends too early", what, line);
	return error_set(error, TARSIER_FORMAT, "%s: line %zu: %s", what, line,
	                 walk->begun ? "not valid JSON" : "not a JSON object or array");
}

/* ---- strings ----------------------------------------------------------------------------------------------------- */

static unsigned hex_value(const char *digits)
{
	unsigned value = 0;
	for (int i = 0; i < 4; i++) {
		char c = digits[i];
		value = value * 16 + (unsigned)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return value;
}

static char *put_utf8(char *out, unsigned code)
{
	if (code < 0x80) {
		*out++ = (char)(code ? code : 0x7f);
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		if (code < 0x10000) {
			*out++ = (char)(0xe0 | code >> 12);
		} else {
			*out++ = (char)(0xf0 | code >> 18);
			*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* Resolves "\uXXXX", with the second half of a surrogate pair if it follows. Returns the bytes taken. */
static size_t take_unicode(span text, unsigned *code)
{
	*code = hex_value(text.ptr + 2);
	if (*code < 0xd800 || *code > 0xdfff)
		return 6;
	bool follows = *code < 0xdc00 && text.len >= 12 && text.ptr[6] == '\\' && text.ptr[7] == 'u';
	unsigned second = follows ? hex_value(text.ptr + 8) : 0;
	if (second < 0xdc00 || second > 0xdfff) {
		*code = 0x7f;
		return 6;
	}
	*code = 0x10000 + ((*code - 0xd800) << 10) + (second - 0xdc00);
	return 12;
}

/* Writes the text with its escapes resolved, which is never longer. Returns the length. */
static size_t resolve(span text, char *out)
{
	static const char names[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char *start = out;
	while (text.len) {
		unsigned code = 0;
		size_t taken = 1;
		if (text.ptr[0] != '\\') {
			*out++ = text.ptr[0];
		} else if (text.ptr[1] == 'u') {
			taken = take_unicode(text, &code);
			out = put_utf8(out, code);
		} else {
			const char *name = strchr(names, text.ptr[1]);
			*out++ = name ? meant[name - names] : text.ptr[1];
			taken = 2;
		}
		text = span_from(text, taken);
	}
	return (size_t)(out - start);
}

bool json_walk_key_is(span key, const char *text)
{
	enum { KEY = 40, ESCAPE = 6 };
	char room[KEY * ESCAPE];
	if (span_find(key, '\\') < 0)
		return span_is(key, text);
	if (key.len > sizeof room)
		return false;
	size_t length = resolve(key, room);
	return span_is((span){room, length}, text);
}

span json_walk_string(struct arena *arena, span value)
{
	if (value.len < 2 || value.ptr[0] != '"')
		return SPAN("");
	span text = {value.ptr + 1, value.len - 2};
	if (span_find(text, '\\') < 0)
		return text;
	char *copy = arena_array(arena, text.len + 1, 1);
	return (span){copy, copy ? resolve(text, copy) : 0};
}
