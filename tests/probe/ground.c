/* floor 0 */
#include "probe.h"

#include "base/clock.h"
#include "base/map.h"
#include "base/siphash.h"

#include <string.h>

int probe_ground(lua_State *L);

/* split(text, separator) --> { part, … }, as span_next cuts it */
static int l_split(lua_State *L)
{
	span rest = probe_span(L, 1), part;
	const char *separator = luaL_checkstring(L, 2);
	lua_newtable(L);
	for (lua_Integer i = 1; span_next(&rest, *separator, &part); i++) {
		lua_pushlstring(L, part.ptr, part.len);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

/* number(text) --> integer, or nil where span_number refuses it */
static int l_number(lua_State *L)
{
	uint64_t number;
	if (!span_number(probe_span(L, 1), &number))
		return lua_pushnil(L), 1;
	return lua_pushinteger(L, (lua_Integer)number), 1;
}

/* error(text [, prefix [, more [, errno]]]) --> the message that error_set or error_errno makes of it, with a prefix and with
 * more behind it; and the error's code */
static int l_error(lua_State *L)
{
	struct tarsier_error error;
	int number = (int)luaL_optinteger(L, 4, 0);
	if (number)
		error_errno(&error, number, "%s", luaL_checkstring(L, 1));
	else
		error_set(&error, TARSIER_FORMAT, "%s", luaL_checkstring(L, 1));
	if (lua_isstring(L, 2))
		error_prefix(&error, "%s", lua_tostring(L, 2));
	if (lua_isstring(L, 3))
		error_append(&error, "%s", lua_tostring(L, 3));
	lua_pushstring(L, error.message);
	lua_pushstring(L, tarsier_code_name(error.code));
	return 2;
}

/* code(number) --> the name of this result */
static int l_code(lua_State *L)
{
	return lua_pushstring(L, tarsier_code_name((int)luaL_checkinteger(L, 1))), 1;
}

/* arena(limit, size) --> how many pieces of `size` bytes an arena with that limit gives */
static int l_arena(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	arena.limit = (size_t)luaL_checkinteger(L, 1);
	lua_Integer count = 0;
	while (arena_alloc(&arena, (size_t)luaL_checkinteger(L, 2)))
		count++;
	arena_free(&arena);
	return lua_pushinteger(L, count), 1;
}

/* Puts one more element, whose every byte is `mark`. Raises if what the array has room for is not zero. */
static unsigned char *push_element(lua_State *L, struct arena *arena, unsigned char *array, size_t count, size_t *capacity,
                                   size_t size)
{
	size_t before = *capacity;
	array = arena_grow(arena, array, count, capacity, size);
	for (size_t i = count * size; array && before != *capacity && i < *capacity * size; i++)
		if (array[i])
			luaL_error(L, "byte %d of a larger array is not zero", (int)i);
	if (array)
		memset(array + count * size, (int)(count % 255 + 1), size);
	return array;
}

/* grow(limit, size, count [, before]) --> how many of `count` elements of `size` bytes an array takes in an arena with this
 * limit, 0 for none; and the bytes in use then. A piece of `before` bytes comes first, one of a byte after 8 elements. */
static int l_grow(lua_State *L)
{
	struct arena arena;
	unsigned char *array = NULL, *grown, *piece = NULL;
	size_t size = (size_t)luaL_checkinteger(L, 2), most = (size_t)luaL_checkinteger(L, 3), count = 0, capacity = 0;
	arena_init(&arena, NULL);
	arena.limit = (size_t)luaL_checkinteger(L, 1);
	if (luaL_optinteger(L, 4, 0))
		arena_alloc(&arena, (size_t)luaL_optinteger(L, 4, 0));
	while (count < most && (grown = push_element(L, &arena, array, count, &capacity, size))) {
		array = grown;
		if (++count == 8 && (piece = arena_alloc(&arena, 1)))
			*piece = 'x';
	}
	for (size_t i = 0; i < count * size; i++)
		if (array[i] != i / size % 255 + 1)
			luaL_error(L, "byte %d is lost", (int)i);
	if (piece && *piece != 'x')
		luaL_error(L, "the piece beside the array is lost");
	lua_pushinteger(L, (lua_Integer)count);
	lua_pushinteger(L, (lua_Integer)arena.used);
	arena_free(&arena);
	return 2;
}

/* format(text) --> what arena_format makes of it */
static int l_format(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	lua_pushstring(L, arena_format(&arena, "%s", luaL_checkstring(L, 1)));
	arena_free(&arena);
	return 1;
}

/* hashes(keys [, seed, seed]) --> the hash of each of these different keys, texts or integers, in a map with this seed or its
 * own; and the map's seed */
static int l_hashes(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	struct map map = {.arena = &arena};
	bool put = true;
	for (uint64_t i = 0; put && !map.slot_count; i++) /* until there are so many that it has a seed */
		put = map_put_number(&map, UINT64_MAX - i, &map);
	if (!put)
		return luaL_error(L, "out of memory");
	map.seed[0] = (uint64_t)luaL_optinteger(L, 2, (lua_Integer)map.seed[0]);
	map.seed[1] = (uint64_t)luaL_optinteger(L, 3, (lua_Integer)map.seed[1]);
	lua_newtable(L);
	for (lua_Integer i = 1; i <= luaL_len(L, 1); i++) {
		bool text = lua_rawgeti(L, 1, i) == LUA_TSTRING;
		if (!(text ? map_put(&map, probe_span(L, -1), &map) : map_put_number(&map, (uint64_t)lua_tointeger(L, -1), &map)))
			return luaL_error(L, "out of memory");
		lua_pop(L, 1);
		lua_pushinteger(L, (lua_Integer)map.entries[map.count - 1].hash);
		lua_rawseti(L, -2, i);
	}
	lua_pushinteger(L, (lua_Integer)map.seed[0]);
	lua_pushinteger(L, (lua_Integer)map.seed[1]);
	arena_free(&arena);
	return 3;
}

/* map(keys) --> what a map of these keys, texts or integers, gives for each: its last position; how many there are;
 * whether another key is there */
static int l_map(lua_State *L)
{
	struct arena arena;
	arena_init(&arena, NULL);
	struct map map = {.arena = &arena};
	bool texts = false;
	lua_Integer count = luaL_len(L, 1);
	for (lua_Integer i = 1; i <= count; i++) {
		texts = lua_rawgeti(L, 1, i) == LUA_TSTRING;
		void *value = (void *)(uintptr_t)i;
		if (!(texts ? map_put(&map, probe_span(L, -1), value) : map_put_number(&map, (uint64_t)lua_tointeger(L, -1), value)))
			return luaL_error(L, "out of memory");
		lua_pop(L, 1); /* the table keeps it */
	}
	lua_newtable(L);
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(L, 1, i);
		void *value = texts ? map_get(&map, probe_span(L, -1)) : map_get_number(&map, (uint64_t)lua_tointeger(L, -1));
		lua_pop(L, 1);
		lua_pushinteger(L, (lua_Integer)(uintptr_t)value);
		lua_rawseti(L, -2, i);
	}
	lua_pushinteger(L, (lua_Integer)map.count);
	lua_pushboolean(L, map_get(&map, SPAN("not there")) || map_get_number(&map, 1234567890123));
	arena_free(&arena);
	return 3;
}

/* siphash(text) --> SipHash-1-3 of it with the key 00 01 … 0f */
static int l_siphash(lua_State *L)
{
	span text = probe_span(L, 1);
	struct siphash hash = siphash_start(0x0706050403020100, 0x0f0e0d0c0b0a0908);
	size_t at = 0;
	for (; at + 8 <= text.len; at += 8)
		siphash_word(&hash, text.ptr + at);
	return lua_pushinteger(L, (lua_Integer)siphash_finish(hash, text.ptr + at, text.len)), 1;
}

/* until(milliseconds) --> how far that is from now, in milliseconds, and the nanoseconds of the second there */
static int l_until(lua_State *L)
{
	struct timespec now, until;
	clock_gettime(CLOCK_MONOTONIC, &now);
	until = clock_after(CLOCK_MONOTONIC, (int64_t)luaL_checkinteger(L, 1));
	lua_pushinteger(L, (until.tv_sec - now.tv_sec) * 1000 + (until.tv_nsec - now.tv_nsec) / 1000000);
	lua_pushinteger(L, until.tv_nsec);
	return 2;
}

static const luaL_Reg functions[] = {{"map", l_map},     {"siphash", l_siphash}, {"split", l_split}, {"number", l_number},
                                     {"error", l_error}, {"arena", l_arena},     {"until", l_until}, {"grow", l_grow},
                                     {"format", l_format}, {"code", l_code}, {"hashes", l_hashes}, {NULL, NULL}};

int probe_ground(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
