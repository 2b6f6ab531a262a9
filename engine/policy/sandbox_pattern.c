#include "policy/sandbox_pattern.h"

#include <string.h>

/* k unbounded repeats over n bytes may take n^k steps. Lua's own matcher does not count them and cannot be stopped.
 * This one gives the same results and charges every step. */

enum {
	/* Steps of one call: about 50 ms. A normal pattern takes some thousands on a description. */
	PATTERN_STEPS = 10 * 1000 * 1000,
	CAPTURE_STEPS = 30, /* pushing a capture as a Lua string and adding it to a result */
	BYTES_PER_STEP = 4, /* of copied bytes */
	STEPS_PER_INSTRUCTION = 4, /* measured: a step is cheaper than a counted instruction */
	BILLING = 1024,            /* steps between two charges to the sandbox */
};

struct capture { const char *at; ptrdiff_t length; };
enum { UNFINISHED = -1, IS_POSITION = -2 };

struct match {
	lua_State *L;
	const struct pattern *pattern;
	span source, text; /* source: the pattern, for messages; text: the subject */
	uint64_t steps;
	int level;
	struct capture captures[PATTERN_CAPTURES];
};

/* ---- matching ---- */

static void bill(struct match *m, uint64_t steps)
{
	uint64_t before = m->steps;
	m->steps += steps;
	if (m->steps / BILLING == before / BILLING)
		return;
	if (m->steps > PATTERN_STEPS)
		luaL_error(m->L, "pattern '%s' takes more than %d steps on a text of %d bytes: "
		           "anchor it with ^, or use fewer of * + -", m->source.ptr, PATTERN_STEPS, (int)m->text.len);
	sandbox_charge(m->L, (m->steps / BILLING - before / BILLING) * (BILLING / STEPS_PER_INSTRUCTION));
}

static const char *text_end(const struct match *m)
{
	return m->text.ptr + m->text.len;
}

static bool is_one(const struct match *m, const struct item *item, const char *s)
{
	return s < text_end(m) && set_has(item->set, *s);
}

static const char *match_balance(struct match *m, const struct item *item, const char *s)
{
	if (s >= text_end(m) || (uint8_t)*s != item->a)
		return NULL;
	const char *begin = s;
	int depth = 1;
	while (++s < text_end(m)) {
		if ((uint8_t)*s == item->b) {
			if (--depth == 0)
				break;
		} else if ((uint8_t)*s == item->a) {
			depth++;
		}
	}
	bill(m, (uint64_t)(s - begin));
	return s < text_end(m) ? s + 1 : NULL;
}

static bool match_frontier(const struct match *m, const struct item *item, const char *s)
{
	char before = s == m->text.ptr ? '\0' : s[-1];
	char here = s < text_end(m) ? *s : '\0';
	return !set_has(item->set, before) && set_has(item->set, here);
}

static const char *match_back(struct match *m, const struct item *item, const char *s)
{
	const struct capture *capture = &m->captures[item->a];
	size_t length = capture->length > 0 ? (size_t)capture->length : 0;
	bill(m, length);
	return (size_t)(text_end(m) - s) >= length && memcmp(capture->at, s, length) == 0 ? s + length : NULL;
}

static const char *match_from(struct match *m, size_t i, const char *s);

static const char *match_open(struct match *m, size_t i, const char *s, ptrdiff_t length)
{
	m->captures[m->level++] = (struct capture){s, length};
	const char *end = match_from(m, i + 1, s);
	if (!end)
		m->level--;
	return end;
}

static const char *match_close(struct match *m, size_t i, const char *s)
{
	struct capture *capture = &m->captures[m->pattern->items[i].a];
	capture->length = s - capture->at;
	const char *end = match_from(m, i + 1, s);
	if (!end)
		capture->length = UNFINISHED;
	return end;
}

static const char *match_most(struct match *m, size_t i, const char *s)
{
	const char *last = s;
	while (is_one(m, &m->pattern->items[i], last))
		last++;
	bill(m, (uint64_t)(last - s));
	for (; last >= s; last--) {
		const char *end = match_from(m, i + 1, last);
		if (end || last == s)
			return end;
	}
	return NULL;
}

static const char *match_fewest(struct match *m, size_t i, const char *s)
{
	for (;; s++) {
		const char *end = match_from(m, i + 1, s);
		if (end || !is_one(m, &m->pattern->items[i], s))
			return end;
	}
}

/* Returns the end of the match of items[i…] from `s` on, or NULL. Recurses only at captures and repeats:
 * PATTERN_DEPTH. */
static const char *match_from(struct match *m, size_t i, const char *s)
{
	for (; s && i < m->pattern->count; i++) {
		const struct item *item = &m->pattern->items[i];
		bill(m, 1);
		switch ((enum kind)item->kind) {
		case OPEN: return match_open(m, i, s, UNFINISHED);
		case POSITION: return match_open(m, i, s, IS_POSITION);
		case CLOSE: return match_close(m, i, s);
		case END: return s == text_end(m) ? s : NULL;
		case BALANCE: s = match_balance(m, item, s); continue;
		case BACK: s = match_back(m, item, s); continue;
		case FRONTIER: s = match_frontier(m, item, s) ? s : NULL; continue;
		case ONE: break;
		}
		bool is_match = is_one(m, item, s);
		switch (item->repeat) {
		case '*': return match_most(m, i, s);
		case '+': return is_match ? match_most(m, i, s + 1) : NULL;
		case '-': return match_fewest(m, i, s);
		case '?': {
			const char *end = is_match ? match_from(m, i + 1, s + 1) : NULL;
			if (end)
				return end;
			continue;
		}
		default: s = is_match ? s + 1 : NULL;
		}
	}
	return s;
}

/* Finds the first match at or after `s`: its begin and end. */
static bool match_search(struct match *m, const char *s, const char **begin, const char **end)
{
	for (;; s++) {
		m->level = 0;
		bill(m, 1);
		*begin = s;
		*end = match_from(m, 0, s);
		if (*end || m->pattern->is_anchored || s >= text_end(m))
			return *end != NULL;
	}
}

static void push_capture(struct match *m, int i, const char *begin, const char *end)
{
	if (i >= m->level && i != 0)
		luaL_error(m->L, "invalid capture index %%%d", i + 1);
	if (i >= m->level)
		lua_pushlstring(m->L, begin, (size_t)(end - begin));
	else if (m->captures[i].length == IS_POSITION)
		lua_pushinteger(m->L, m->captures[i].at - m->text.ptr + 1);
	else
		lua_pushlstring(m->L, m->captures[i].at, (size_t)m->captures[i].length);
}

/* Pushes all captures; if there are none and `whole` is true, the whole match. */
static int push_captures(struct match *m, bool whole, const char *begin, const char *end)
{
	int count = m->level ? m->level : whole;
	luaL_checkstack(m->L, count, "too many captures");
	for (int i = 0; i < count; i++)
		push_capture(m, i, begin, end);
	return count;
}

/* ---- the four functions ---- */

static span check_span(lua_State *L, int index)
{
	span s;
	s.ptr = luaL_checklstring(L, index, &s.len);
	return s;
}

/* Converts a start index of Lua's functions to an offset; length + 1 if it is past the end. */
static size_t check_start(lua_State *L, int index, size_t length)
{
	lua_Integer start = luaL_optinteger(L, index, 1);
	if (start > 0)
		return (lua_Unsigned)start - 1 > length ? length + 1 : (size_t)start - 1;
	if (start == 0 || (lua_Unsigned)-start > length)
		return 0;
	return length - (size_t)-start;
}

static bool is_plain(span source)
{
	for (size_t i = 0; i < source.len; i++)
		if (source.ptr[i] && strchr("^$*+?.([%-", source.ptr[i]))
			return false;
	return true;
}

static int find_plain(lua_State *L, span text, span needle, size_t start)
{
	sandbox_charge_bytes(L, text.len + needle.len);
	const char *found = needle.len ? memmem(text.ptr + start, text.len - start, needle.ptr, needle.len) : text.ptr + start;
	if (!found)
		return lua_pushnil(L), 1;
	lua_pushinteger(L, found - text.ptr + 1);
	lua_pushinteger(L, found - text.ptr + (lua_Integer)needle.len);
	return 2;
}

static int find_or_match(lua_State *L, bool find)
{
	span text = check_span(L, 1), source = check_span(L, 2);
	size_t start = check_start(L, 3, text.len);
	if (start > text.len)
		return lua_pushnil(L), 1;
	if (find && (lua_toboolean(L, 4) || is_plain(source)))
		return find_plain(L, text, source, start);
	struct pattern pattern;
	pattern_compile(L, &pattern, source, true);
	struct match m = {.L = L, .pattern = &pattern, .source = source, .text = text};
	const char *begin, *end;
	if (!match_search(&m, text.ptr + start, &begin, &end))
		return lua_pushnil(L), 1;
	if (!find)
		return push_captures(&m, true, begin, end);
	lua_pushinteger(L, begin - text.ptr + 1);
	lua_pushinteger(L, end - text.ptr);
	return 2 + push_captures(&m, false, begin, end);
}

/* find(text, pattern [, start [, plain]]) --> first, last, captures… */
static int l_find(lua_State *L)
{
	return find_or_match(L, true);
}

/* match(text, pattern [, start]) --> captures… */
static int l_match(lua_State *L)
{
	return find_or_match(L, false);
}

/* Upvalues: text, pattern, the offset to continue from, the end of the last match (or -1). */
static int l_gmatch_next(lua_State *L)
{
	span text = check_span(L, lua_upvalueindex(1)), source = check_span(L, lua_upvalueindex(2));
	lua_Integer last = lua_tointeger(L, lua_upvalueindex(4));
	struct pattern pattern;
	pattern_compile(L, &pattern, source, false);
	struct match m = {.L = L, .pattern = &pattern, .source = source, .text = text};
	for (lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)); at <= (lua_Integer)text.len; at++) {
		const char *begin, *end;
		if (!match_search(&m, text.ptr + at, &begin, &end))
			return 0;
		at = begin - text.ptr;
		if (end - text.ptr == last)
			continue;
		lua_pushinteger(L, end - text.ptr);
		lua_copy(L, -1, lua_upvalueindex(3));
		lua_replace(L, lua_upvalueindex(4));
		return push_captures(&m, true, begin, end);
	}
	return 0;
}

/* gmatch(text, pattern [, start]) --> iterator over captures… */
static int l_gmatch(lua_State *L)
{
	span text = check_span(L, 1);
	check_span(L, 2);
	size_t start = check_start(L, 3, text.len);
	lua_settop(L, 2);
	lua_pushinteger(L, (lua_Integer)start);
	lua_pushinteger(L, -1);
	lua_pushcclosure(L, l_gmatch_next, 4);
	return 1;
}

/* Adds the replacement for "%0" to "%9" and "%%". */
static void add_escape(struct match *m, luaL_Buffer *out, char letter, const char *begin, const char *end)
{
	if (letter == '%') {
		luaL_addchar(out, '%');
	} else if (letter == '0') {
		luaL_addlstring(out, begin, (size_t)(end - begin));
	} else if (letter >= '1' && letter <= '9') {
		push_capture(m, letter - '1', begin, end);
		luaL_tolstring(m->L, -1, NULL); /* a position is a number */
		lua_remove(m->L, -2);
		luaL_addvalue(out);
	} else {
		luaL_error(m->L, "invalid use of '%%' in replacement string");
	}
}

static void add_replacement(struct match *m, luaL_Buffer *out, span replacement, const char *begin, const char *end)
{
	for (ptrdiff_t percent; (percent = span_find(replacement, '%')) >= 0;) {
		size_t plain = (size_t)percent;
		bill(m, plain / BYTES_PER_STEP + CAPTURE_STEPS);
		luaL_addlstring(out, replacement.ptr, plain);
		add_escape(m, out, plain + 1 < replacement.len ? replacement.ptr[plain + 1] : '\0', begin, end);
		replacement = span_from(replacement, plain + 2);
	}
	bill(m, replacement.len / BYTES_PER_STEP);
	luaL_addlstring(out, replacement.ptr, replacement.len);
}

static void add_value(struct match *m, luaL_Buffer *out, const char *begin, const char *end)
{
	lua_State *L = m->L;
	bill(m, CAPTURE_STEPS);
	switch (lua_type(L, 3)) {
	case LUA_TFUNCTION:
		lua_pushvalue(L, 3);
		lua_call(L, push_captures(m, true, begin, end), 1);
		break;
	case LUA_TTABLE:
		push_capture(m, 0, begin, end);
		lua_gettable(L, 3);
		break;
	default:
		add_replacement(m, out, check_span(L, 3), begin, end);
		return;
	}
	if (lua_isstring(L, -1)) {
		luaL_addvalue(out);
		return;
	}
	if (lua_toboolean(L, -1))
		luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
	lua_pop(L, 1);
	luaL_addlstring(out, begin, (size_t)(end - begin));
}

/* gsub(text, pattern, string | table | function [, times]) --> text, replacements */
static int l_gsub(lua_State *L)
{
	span text = check_span(L, 1), source = check_span(L, 2);
	int type = lua_type(L, 3);
	luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
	                 "string/function/table");
	lua_Integer limit = luaL_optinteger(L, 4, (lua_Integer)text.len + 1), count = 0;
	struct pattern pattern;
	lua_settop(L, 4);
	pattern_compile(L, &pattern, source, true);
	struct match m = {.L = L, .pattern = &pattern, .source = source, .text = text};
	luaL_Buffer out;
	luaL_buffinit(L, &out);
	const char *at = text.ptr, *last = NULL, *end;
	while (count < limit) {
		m.level = 0;
		bill(&m, 1);
		end = match_from(&m, 0, at);
		if (end && end != last) {
			count++;
			add_value(&m, &out, at, end);
			at = last = end;
		} else if (at < text_end(&m)) {
			luaL_addchar(&out, *at);
			at++;
		} else {
			break;
		}
		if (pattern.is_anchored)
			break;
	}
	luaL_addlstring(&out, at, (size_t)(text_end(&m) - at));
	luaL_pushresult(&out);
	lua_pushinteger(L, count);
	return 2;
}

const luaL_Reg sandbox_pattern_functions[] = {
	{"find", l_find}, {"match", l_match}, {"gmatch", l_gmatch}, {"gsub", l_gsub}, {NULL, NULL}};
