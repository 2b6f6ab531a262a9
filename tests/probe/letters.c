/* floor 1: digest.h, json.h, stanza.h, purl.h */
#include "format/digest.h"
#include "format/json.h"
#include "format/purl.h"
#include "format/stanza.h"
#include "probe.h"

#include <stdlib.h>

int probe_letters(lua_State *L);

/* digest(bytes [, like [, chunk]]) --> text, hashed `chunk` bytes at a time */
static int l_digest(lua_State *L)
{
	span bytes = probe_span(L, 1);
	struct digest digest = {""};
	struct tarsier_error error;
	struct hasher *hasher = NULL;
	size_t chunk = (size_t)luaL_optinteger(L, 3, 1 << 20);
	const char *like = luaL_optstring(L, 2, "");
	int code = *like ? digest_parse(span_of(like), &digest, &error) : TARSIER_OK;
	if (code == TARSIER_OK && lua_isnoneornil(L, 2))
		code = digest_of(bytes, &digest, &error);
	else if (code == TARSIER_OK)
		code = hasher_new(&digest, &hasher, &error);
	for (; hasher && code == TARSIER_OK && bytes.len; bytes = span_from(bytes, chunk))
		code = hasher_add(hasher, bytes.ptr, bytes.len < chunk ? bytes.len : chunk);
	if (hasher && code == TARSIER_OK)
		code = hasher_finish(hasher, &digest, &error);
	hasher_free(hasher);
	if (code < 0)
		return probe_fail(L, &error);
	return lua_pushstring(L, digest.text), 1;
}

/* parse_digest(text) --> text */
static int l_parse_digest(lua_State *L)
{
	struct digest digest;
	struct tarsier_error error;
	if (digest_parse(probe_span(L, 1), &digest, &error) < 0)
		return probe_fail(L, &error);
	return lua_pushstring(L, digest.text), 1;
}

/* json(text [, limit [, key]]) --> true, or with a key: text, list length or nil, has member, count of that member */
static int l_json(lua_State *L)
{
	struct tarsier_error error;
	json_t *json;
	size_t limit = (size_t)luaL_optinteger(L, 2, 1 << 24);
	if (json_parse(probe_span(L, 1), limit, "test.json", &json, &error) < 0)
		return probe_fail(L, &error);
	int results = 1;
	lua_pushboolean(L, 1);
	if (lua_isstring(L, 3)) {
		const char *key = lua_tostring(L, 3);
		lua_pushstring(L, json_text(json, key));
		lua_pushinteger(L, json_list(json, key) ? (lua_Integer)json_array_size(json_list(json, key)) : -1);
		lua_pushboolean(L, json_member(json, key) != NULL);
		lua_pushinteger(L, (lua_Integer)json_count(json, key));
		results += 4;
	}
	json_decref(json);
	return results;
}

/* stanzas(text) --> { { { key, value }, … }, … } */
static int l_stanzas(lua_State *L)
{
	span rest = probe_span(L, 1);
	struct field field;
	lua_newtable(L);
	for (lua_Integer i = 1; stanza_more(&rest); i++) {
		lua_newtable(L);
		for (lua_Integer j = 1; stanza_field(&rest, &field); j++) {
			lua_newtable(L);
			lua_pushlstring(L, field.key.ptr, field.key.len);
			lua_rawseti(L, -2, 1);
			lua_pushlstring(L, field.value.ptr, field.value.len);
			lua_rawseti(L, -2, 2);
			lua_rawseti(L, -2, j);
		}
		lua_rawseti(L, -2, i);
	}
	return 1;
}

/* An allocator that works `left` times. */
static void *resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	lua_Integer *left = user;
	(void)old_size;
	if (new_size == 0)
		return free(ptr), NULL;
	return (*left)-- > 0 ? realloc(ptr, new_size) : NULL;
}

/* purl(type, name_space, name, version, { key, value, key, value, … } [, allocations]) --> text, or nil: no memory */
static int l_purl(lua_State *L)
{
	struct purl_qualifier qualifiers[16];
	size_t count = 0;
	luaL_checktype(L, 5, LUA_TTABLE);
	for (; count < 16 && lua_rawlen(L, 5) >= 2 * (count + 1); count++) {
		lua_rawgeti(L, 5, (lua_Integer)(2 * count + 1));
		lua_rawgeti(L, 5, (lua_Integer)(2 * count + 2));
		qualifiers[count].key = lua_tostring(L, -2);
		qualifiers[count].value = lua_tostring(L, -1);
		lua_pop(L, 2); /* the table keeps them */
	}
	lua_Integer left = luaL_optinteger(L, 6, 1000);
	struct tarsier_allocator allocator = {resize, &left};
	struct arena arena;
	const char *type = luaL_checkstring(L, 1), *name_space = luaL_checkstring(L, 2), *name = luaL_checkstring(L, 3);
	const char *version = luaL_checkstring(L, 4);
	arena_init(&arena, &allocator);
	lua_pushstring(L, purl_write(&arena, type, name_space, name, version, qualifiers, count));
	arena_free(&arena);
	return 1;
}

/* sum(bytes) --> the sum of the bytes: made thirty thousand times for a tar of so many entries */
static int l_sum(lua_State *L)
{
	span bytes = probe_span(L, 1);
	lua_Integer sum = 0;
	for (size_t i = 0; i < bytes.len; i++)
		sum += (unsigned char)bytes.ptr[i];
	return lua_pushinteger(L, sum), 1;
}

static const luaL_Reg functions[] = {
	{"digest", l_digest}, {"sum", l_sum}, {"parse_digest", l_parse_digest}, {"json", l_json}, {"stanzas", l_stanzas},
	{"purl", l_purl}, {NULL, NULL},
};

int probe_letters(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
