/* parses Lua's string patterns */
#include "policy/sandbox_pattern.h"

#include <string.h>

static void set_add(uint32_t *set, unsigned first, unsigned last)
{
	for (unsigned c = first; c <= last; c++)
		set[c / 32] |= UINT32_C(1) << c % 32;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ASCII in every locale. Returns false if the letter is not a class. */
static bool class_ranges(char letter, const char **ranges)
{
	switch (letter | 0x20) {
	case 'a': return *ranges = "azAZ", true;
	case 'c': return *ranges = "\001\037\177\177", true; /* and \0, below */
	case 'd': return *ranges = "09", true;
	case 'g': return *ranges = "!~", true;
	case 'l': return *ranges = "az", true;
	case 'p': return *ranges = "!/:@[`{~", true;
	case 's': return *ranges = "\t\r  ", true;
	case 'u': return *ranges = "AZ", true;
	case 'w': return *ranges = "09azAZ", true;
	case 'x': return *ranges = "09afAF", true;
	default: return false;
	}
}

/* Reads the text after a '%': a class, or the byte itself. */
static void set_add_class(uint32_t *set, char c)
{
	const char *ranges;
	if (!is_letter(c) || !class_ranges(c, &ranges)) {
		set_add(set, (unsigned char)c, (unsigned char)c);
		return;
	}
	uint32_t class[8] = {0};
	for (; *ranges; ranges += 2)
		set_add(class, (unsigned char)ranges[0], (unsigned char)ranges[1]);
	if ((c | 0x20) == 'c')
		set_add(class, 0, 0);
	for (int i = 0; i < 8; i++)
		set[i] |= c >= 'a' ? class[i] : ~class[i];
}

/* *at is behind the '['; afterwards behind the ']'. */
static void compile_set(lua_State *L, span source, size_t *at, uint32_t *set)
{
	const char *p = source.ptr;
	size_t i = *at;
	bool is_negated = i < source.len && p[i] == '^';
	i += is_negated;
	for (bool is_first = true; is_first || i >= source.len || p[i] != ']'; is_first = false) {
		if (i >= source.len)
			luaL_error(L, "malformed pattern (missing ']')");
		if (p[i] == '%') {
			if (i + 1 >= source.len)
				luaL_error(L, "malformed pattern (missing ']')");
			set_add_class(set, p[i + 1]);
			i += 2;
		} else if (i + 2 < source.len && p[i + 1] == '-' && p[i + 2] != ']') {
			set_add(set, (unsigned char)p[i], (unsigned char)p[i + 2]);
			i += 3;
		} else {
			set_add(set, (unsigned char)p[i], (unsigned char)p[i]);
			i++;
		}
	}
	for (int w = 0; is_negated && w < 8; w++)
		set[w] = ~set[w];
	*at = i + 1;
}

struct compiler {
	lua_State *L;
	span source;
	size_t at;
	int depth, captures, open[PATTERN_CAPTURES], open_count;
	bool is_closed[PATTERN_CAPTURES];
};

static void compile_open(struct compiler *c, struct item *item)
{
	if (c->captures >= PATTERN_CAPTURES)
		luaL_error(c->L, "too many captures");
	if (c->at < c->source.len && c->source.ptr[c->at] == ')') {
		item->kind = POSITION;
		c->at++;
	} else {
		item->kind = OPEN;
		c->open[c->open_count++] = c->captures;
	}
	c->is_closed[c->captures++] = item->kind == POSITION;
	c->depth++;
}

static void compile_close(struct compiler *c, struct item *item)
{
	if (!c->open_count)
		luaL_error(c->L, "invalid pattern capture");
	item->kind = CLOSE;
	item->a = (uint8_t)c->open[--c->open_count];
	c->is_closed[item->a] = true;
	c->depth++;
}

static void compile_back(struct compiler *c, struct item *item, char digit)
{
	int index = digit - '1';
	if (index < 0 || index >= c->captures || !c->is_closed[index])
		luaL_error(c->L, "invalid capture index %%%d", index + 1);
	item->kind = BACK;
	item->a = (uint8_t)index;
}

/* *at is behind the '%'. Returns true if it was not a class: %1, %b, %f. */
static bool compile_special(struct compiler *c, struct item *item)
{
	if (c->at >= c->source.len)
		luaL_error(c->L, "malformed pattern (ends with '%%')");
	char letter = c->source.ptr[c->at];
	if (letter == 'b') {
		if (c->source.len - c->at < 3)
			luaL_error(c->L, "malformed pattern (missing arguments to '%%b')");
		item->kind = BALANCE;
		item->a = (uint8_t)c->source.ptr[c->at + 1];
		item->b = (uint8_t)c->source.ptr[c->at + 2];
		c->at += 3;
	} else if (letter == 'f') {
		if (c->source.len - c->at < 2 || c->source.ptr[c->at + 1] != '[')
			luaL_error(c->L, "missing '[' after '%%f' in pattern");
		item->kind = FRONTIER;
		c->at += 2;
		compile_set(c->L, c->source, &c->at, item->set);
	} else if (letter >= '0' && letter <= '9') {
		compile_back(c, item, letter);
		c->at++;
	} else {
		return false;
	}
	return true;
}

static void compile_class(struct compiler *c, struct item *item, char first)
{
	item->kind = ONE;
	if (first == '.')
		memset(item->set, 0xff, sizeof item->set);
	else if (first == '[')
		compile_set(c->L, c->source, &c->at, item->set);
	else if (first == '%')
		set_add_class(item->set, c->source.ptr[c->at++]);
	else
		set_add(item->set, (unsigned char)first, (unsigned char)first);
	char next = c->at < c->source.len ? c->source.ptr[c->at] : 0;
	if (next && strchr("*+-?", next)) {
		item->repeat = next;
		c->at++;
		c->depth++;
	}
}

static void compile_item(struct compiler *c, struct item *item)
{
	char first = c->source.ptr[c->at++];
	if (first == '(')
		compile_open(c, item);
	else if (first == ')')
		compile_close(c, item);
	else if (first == '$' && c->at == c->source.len)
		item->kind = END;
	else if (first != '%' || !compile_special(c, item))
		compile_class(c, item, first);
	if (c->depth > PATTERN_DEPTH)
		luaL_error(c->L, "pattern too complex");
}

void pattern_compile(lua_State *L, struct pattern *pattern, span source, bool may_anchor)
{
	struct compiler c = {.L = L, .source = source};
	sandbox_charge(L, source.len);
	pattern->items = pattern->room;
	if (source.len > PATTERN_INLINE)
		pattern->items = lua_newuserdatauv(L, source.len * sizeof(struct item), 0);
	pattern->count = 0;
	pattern->is_anchored = may_anchor && source.len && source.ptr[0] == '^';
	c.at = pattern->is_anchored;
	while (c.at < source.len) {
		struct item *item = &pattern->items[pattern->count++];
		memset(item, 0, sizeof *item);
		compile_item(&c, item);
	}
	if (c.open_count)
		luaL_error(L, "unfinished capture");
}
