/* core.text: text from outside, made fit to be shown on one line */
#include "base/utf8.h"
#include "bind/core.h"

#include <stdio.h>
#include <string.h>

int bind_text_open(lua_State *L);

enum {
	ASCII = 128,
	ESCAPE_BYTES = 16, /* room for "\u{10ffff}" */
};

static bool is_white(unsigned char c)
{
	return c >= '\t' && c <= '\r';
}

/* What stands for each character of ASCII in some format; no text: the character itself. */
struct escaper { span instead[ASCII]; bool is_special[1 << 8]; };

/* How many bytes at the front stay as they are. */
static size_t plain_length(const struct escaper *escaper, span text)
{
	size_t length = 0;
	while (length < text.len && !escaper->is_special[(unsigned char)text.ptr[length]])
		length++;
	return length;
}

static void add_ascii(luaL_Buffer *shown, const struct escaper *escaper, char c)
{
	const span *instead = &escaper->instead[(unsigned char)c];
	if (instead->ptr)
		luaL_addlstring(shown, instead->ptr, instead->len);
	else
		luaL_addchar(shown, c);
}

/* Adds "\x1b" or "\u{202e}", which may have characters that the format replaces. */
static void add_code(luaL_Buffer *shown, const struct escaper *escaper, uint32_t code)
{
	char escape[ESCAPE_BYTES];
	if (code < ASCII)
		snprintf(escape, sizeof escape, "\\x%02x", (unsigned)code);
	else
		snprintf(escape, sizeof escape, "\\u{%x}", (unsigned)code);
	for (const char *c = escape; *c; c++)
		add_ascii(shown, escaper, *c);
}

/* Adds the character at the front of `text` and returns its length. White space becomes one space. */
static size_t add_special(luaL_Buffer *shown, const struct escaper *escaper, span text)
{
	unsigned char first = (unsigned char)text.ptr[0];
	size_t length = utf8_character(text);
	uint32_t code = length > 1 ? utf8_code((span){text.ptr, length}) : first;
	if (is_white(first)) {
		while (length < text.len && is_white((unsigned char)text.ptr[length]))
			length++;
		add_ascii(shown, escaper, ' ');
	} else if (!length) {
		luaL_addstring(shown, "\xef\xbf\xbd"); /* U+FFFD */
		return 1;
	} else if (first < 0x20 || first == 0x7f) {
		add_code(shown, escaper, code);
	} else if (length == 1) {
		add_ascii(shown, escaper, (char)first);
	} else if (utf8_is_hidden(code)) {
		add_code(shown, escaper, code);
	} else {
		luaL_addlstring(shown, text.ptr, length);
	}
	return length;
}

static int l_escape(lua_State *L)
{
	const struct escaper *escaper = lua_touserdata(L, lua_upvalueindex(1));
	span text;
	luaL_Buffer shown;
	text.ptr = luaL_checklstring(L, 1, &text.len);
	lua_settop(L, 1);
	size_t plain = plain_length(escaper, text);
	if (plain == text.len)
		return 1;
	luaL_buffinit(L, &shown);
	while (text.len) {
		luaL_addlstring(&shown, text.ptr, plain);
		text = span_from(text, plain);
		if (text.len)
			text = span_from(text, add_special(&shown, escaper, text));
		plain = plain_length(escaper, text);
	}
	luaL_pushresult(&shown);
	return 1;
}

/* Reads the table of replacements at index 1, which the closure keeps. */
static void read_replacements(lua_State *L, struct escaper *escaper)
{
	for (int c = 0; c < 1 << 8; c++)
		escaper->is_special[c] = c < 0x20 || c >= 0x7f;
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1)) {
		luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TSTRING, 1, "texts expected");
		unsigned char c = (unsigned char)*lua_tostring(L, -2);
		luaL_argcheck(L, c < ASCII && lua_rawlen(L, -2) == 1, 1, "a key must be one character of ASCII");
		escaper->instead[c].ptr = lua_tolstring(L, -1, &escaper->instead[c].len);
		escaper->is_special[c] = true;
	}
}

/* escaper({ ["<"] = "&lt;", … }) --> escape(s) --> one line that a terminal shows as it is: white space becomes a
 * space, what controls or hides becomes \x1b or \u{202e}, what is not UTF-8 becomes U+FFFD, and each character in the
 * table its replacement. The table must not change afterwards. */
static int l_escaper(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	struct escaper *escaper = lua_newuserdatauv(L, sizeof *escaper, 0);
	*escaper = (struct escaper){0};
	read_replacements(L, escaper);
	lua_pushvalue(L, 1);
	lua_pushcclosure(L, l_escape, 2);
	return 1;
}

int bind_text_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"escaper", l_escaper}, {NULL, NULL}};
	lua_createtable(L, 0, 1);
	luaL_newlib(L, functions);
	lua_setfield(L, -2, "text");
	return 1;
}
