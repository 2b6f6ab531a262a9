/* zip files whose bytes are pushed */
#include "probe.h"
#include "stream/unzip.h"

#include <stdlib.h>
#include <string.h>

int probe_unzip(lua_State *L);

/* Members as Lua tables, on top of the stack: { path, content, readable, method, failure }. */
struct unzip_seen { lua_State *L; int list; const char *skip; };

static int on_member(void *user, const struct unzip_member *member, struct tarsier_error *error)
{
	struct unzip_seen *seen = user;
	(void)error;
	lua_newtable(seen->L);
	lua_pushlstring(seen->L, member->path.ptr, member->path.len);
	lua_setfield(seen->L, -2, "path");
	lua_pushboolean(seen->L, member->readable);
	lua_setfield(seen->L, -2, "readable");
	lua_pushinteger(seen->L, (lua_Integer)member->method);
	lua_setfield(seen->L, -2, "method");
	lua_rawseti(seen->L, seen->list, (lua_Integer)lua_rawlen(seen->L, seen->list) + 1);
	return !seen->skip || !span_contains(member->path, seen->skip);
}

static int on_data(void *user, span piece, struct tarsier_error *error)
{
	struct unzip_seen *seen = user;
	(void)error;
	lua_rawgeti(seen->L, seen->list, (lua_Integer)lua_rawlen(seen->L, seen->list));
	lua_pushlstring(seen->L, piece.ptr, piece.len);
	lua_rawseti(seen->L, -2, (lua_Integer)lua_rawlen(seen->L, -2) + 1);
	lua_pop(seen->L, 1);
	return TARSIER_OK;
}

/* Makes the content of the member on top of the stack of its pieces: nil if there are none. */
static void join_pieces(lua_State *L)
{
	int member = lua_gettop(L);
	lua_Integer count = (lua_Integer)lua_rawlen(L, member);
	luaL_Buffer content;
	luaL_buffinit(L, &content);
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(L, member, i);
		luaL_addvalue(&content);
		lua_pushnil(L);
		lua_rawseti(L, member, i);
	}
	luaL_pushresult(&content);
	if (count)
		lua_setfield(L, member, "content");
}

static int on_done(void *user, const struct tarsier_error *failure, struct tarsier_error *error)
{
	struct unzip_seen *seen = user;
	(void)error;
	lua_rawgeti(seen->L, seen->list, (lua_Integer)lua_rawlen(seen->L, seen->list));
	lua_pushstring(seen->L, failure ? failure->message : "");
	lua_setfield(seen->L, -2, failure ? "failure" : "done");
	lua_pop(seen->L, 1);
	return TARSIER_OK;
}

static int push_pieces(struct unzip *unzip, span bytes, size_t most, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	while (bytes.len > 0 && code >= 0) {
		span piece = {bytes.ptr, bytes.len < most ? bytes.len : most};
		char *copy = malloc(piece.len); /* no larger, so that a sanitizer sees every step beyond it */
		memcpy(copy, piece.ptr, piece.len);
		code = unzip_push(unzip, (span){copy, piece.len}, error);
		free(copy);
		bytes = span_from(bytes, piece.len);
	}
	return code < 0 ? code : unzip_finish(unzip, error);
}

/* read(bytes, most_a_piece, skip, before) -> { members…, agrees = bool } | nil, message, code. The bytes `before` are those of
 * another archive, which the reader has read as far as they go. */
static int l_read(lua_State *L)
{
	struct tarsier_error error = {0};
	struct unzip_budget budget = {0};
	struct arena arena;
	struct unzip *unzip = NULL;
	span bytes;
	bytes.ptr = luaL_checklstring(L, 1, &bytes.len);
	size_t most = (size_t)luaL_optinteger(L, 2, 65536);
	struct unzip_seen seen = {.L = L, .skip = luaL_optstring(L, 3, NULL)};
	struct unzip_sink sink = {on_member, on_data, on_done, &seen};
	lua_newtable(L);
	seen.list = lua_gettop(L);
	arena_init(&arena, NULL);
	int code = unzip_new(&arena, &sink, &budget, false, &unzip, &error);
	if (code >= 0 && lua_isstring(L, 4)) {
		push_pieces(unzip, probe_span(L, 4), most, &error);
		unzip_reset(unzip, &sink);
		lua_newtable(L);
		seen = (struct unzip_seen){.L = L, .skip = seen.skip, .list = lua_gettop(L)};
	}
	if (code >= 0)
		code = push_pieces(unzip, bytes, most, &error);
	bool agrees = code >= 0 && unzip_agrees(unzip);
	arena_free(&arena);
	if (code < 0)
		return probe_fail(L, &error);
	for (lua_Integer i = 1, count = (lua_Integer)lua_rawlen(L, seen.list); i <= count; i++) {
		lua_rawgeti(L, seen.list, i);
		join_pieces(L);
		lua_settop(L, seen.list);
	}
	lua_pushboolean(L, agrees);
	lua_setfield(L, seen.list, "agrees");
	return 1;
}

static const luaL_Reg functions[] = {{"read", l_read}, {NULL, NULL}};

int probe_unzip(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
