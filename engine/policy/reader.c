/* readers in Lua, each call in a sandbox of its own */
#include "policy/script.h"
#include "tarsier_policy.h"

#include <string.h>

/* A call may use this much. A sandbox is opened for each file, so that threads share nothing and no file leaves anything
 * behind for the next one. */
static const struct sandbox_limits limits = {.memory = 128 << 20, .instructions = 20 * 1000 * 1000, .seconds = 10};

enum { PATTERNS_LIMIT = 100 };

struct lua_reader {
	struct tarsier_reader reader; /* first: what the host has */
	struct arena arena;
	struct script script;
};

struct call {
	struct lua_reader *reader;
	const char *path;
	span content;
	tarsier_add_found *add;
	void *list;
	struct tarsier_error *error;
	int code;
	size_t examples;
};

static struct call *push_script(lua_State *L)
{
	struct call *call = lua_touserdata(L, 1);
	script_push(L, &call->reader->script);
	return call;
}

/* ---- what it wants ----------------------------------------------------------------------------------------------- */

static const char **copy_patterns(lua_State *L, struct arena *arena)
{
	if (lua_getfield(L, -1, "evidence") != LUA_TTABLE)
		luaL_error(L, "'evidence' must be a list of patterns");
	size_t count = lua_rawlen(L, -1);
	if (!count || count > PATTERNS_LIMIT)
		luaL_error(L, "'evidence' must have 1 to %d patterns", PATTERNS_LIMIT);
	const char **patterns = arena_array(arena, count + 1, sizeof *patterns);
	for (size_t i = 0; patterns && i < count; i++) {
		if (lua_rawgeti(L, -1, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_error(L, "'evidence' must be a list of patterns");
		patterns[i] = arena_string(arena, lua_tostring(L, -1));
		lua_pop(L, 1);
		if (!patterns[i])
			patterns = NULL;
	}
	lua_pop(L, 1);
	return patterns;
}

static int body_describe(lua_State *L)
{
	struct call *call = push_script(L);
	struct lua_reader *reader = call->reader;
	reader->reader.name = arena_string(&reader->arena, script_name(L, -1));
	lua_pop(L, 1);
	if (lua_getfield(L, -1, "limit") != LUA_TNIL && (!lua_isinteger(L, -1) || lua_tointeger(L, -1) <= 0))
		return luaL_error(L, "'limit' must be a number of bytes");
	reader->reader.limit = (size_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	script_function(L, -1, "read");
	lua_pop(L, 1);
	reader->reader.evidence = copy_patterns(L, &reader->arena);
	call->code = reader->reader.name && reader->reader.evidence ? TARSIER_OK : error_memory(call->error);
	return 0;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

/* The table on top of the stack. */
static int add_found(lua_State *L, const struct call *call)
{
	static const char *const keys[] = {"name", "version", "type", "ecosystem", "architecture", "license"};
	const char *values[sizeof keys / sizeof *keys];
	int table = lua_gettop(L);
	luaL_checkstack(L, 16, "package");
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		values[i] = script_field(L, table, keys[i]);
	const struct tarsier_found found = {values[0], values[1], values[2], values[3], values[4], values[5]};
	int code = call->add(call->list, &found, call->error);
	lua_settop(L, table);
	return code;
}

/* Calls read(path, content) of the script on top of the stack, and replaces it by the list; an empty one for nil. */
static void call_read(lua_State *L, const char *path, span content)
{
	lua_getfield(L, -1, "read");
	lua_remove(L, -2);
	lua_pushstring(L, path);
	lua_pushlstring(L, content.ptr, content.len);
	lua_call(L, 2, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_newtable(L);
	}
	if (!lua_istable(L, -1))
		luaL_error(L, "read must return a list of packages, or nil, not a %s", luaL_typename(L, -1));
}

static int body_read(lua_State *L)
{
	struct call *call = push_script(L);
	call_read(L, call->path, call->content);
	for (lua_Integer i = 1; call->code >= 0 && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		if (!lua_istable(L, -1))
			return luaL_error(L, "package %d is not a table", (int)i);
		call->code = add_found(L, call);
		lua_pop(L, 1);
	}
	return 0;
}

static int run(struct call *call, lua_CFunction body)
{
	struct sandbox sandbox;
	int code = sandbox_open(&sandbox, &limits, &call->reader->arena.allocator, call->error);
	if (code < 0)
		return code;
	code = sandbox_run(&sandbox, body, call, call->error);
	sandbox_close(&sandbox);
	return code < 0 ? code : call->code;
}

static int read_file(void *user, const char *path, const void *content, size_t length, tarsier_add_found *add, void *list,
                     struct tarsier_error *error)
{
	struct call call = {.reader = user, .path = path, .content = {content, length}, .add = add, .list = list, .error = error};
	return run(&call, body_read);
}

/* ---- examples ---------------------------------------------------------------------------------------------------- */

/* Each field of the expected package, at -1, must be the found one's, at -2. */
static void compare_package(lua_State *L, int example, int package)
{
	for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) {
		lua_pushvalue(L, -2);
		lua_gettable(L, -5);
		if (!lua_rawequal(L, -1, -2)) {
			const char *found = luaL_tolstring(L, -1, NULL), *expected = luaL_tolstring(L, -3, NULL);
			const char *key = luaL_tolstring(L, -5, NULL);
			luaL_error(L, "example %d, package %d: '%s' is \"%s\", expected \"%s\"", example, package, key, found, expected);
		}
		lua_pop(L, 1);
	}
}

/* The example on top of the stack, the script below it. */
static void run_example(lua_State *L, int number)
{
	int example = lua_gettop(L);
	const char *path = script_field(L, example, "path"), *content = script_field(L, example, "content");
	if (!path || !content || lua_getfield(L, example, "expect") != LUA_TTABLE)
		luaL_error(L, "example %d must have 'path', 'content' and a list 'expect'", number);
	size_t expected = lua_rawlen(L, -1);
	lua_pushvalue(L, example - 2);
	call_read(L, path, (span){content, lua_rawlen(L, example + 2)});
	if (lua_rawlen(L, -1) != expected)
		luaL_error(L, "example %d: read found %d packages, expected %d", number, (int)lua_rawlen(L, -1), (int)expected);
	for (size_t i = 1; i <= expected; i++) {
		if (lua_rawgeti(L, -1, (lua_Integer)i) != LUA_TTABLE || lua_rawgeti(L, -3, (lua_Integer)i) != LUA_TTABLE)
			luaL_error(L, "example %d, package %d: not a table", number, (int)i);
		compare_package(L, number, (int)i);
		lua_pop(L, 2);
	}
	lua_settop(L, example);
}

static int body_test(lua_State *L)
{
	struct call *call = push_script(L);
	if (lua_getfield(L, -1, "examples") != LUA_TTABLE)
		return 0;
	luaL_checkstack(L, 32, "examples");
	for (int i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		if (!lua_istable(L, -1))
			return luaL_error(L, "example %d is not a table", i);
		run_example(L, i);
		lua_pop(L, 1);
		call->examples++;
	}
	return 0;
}

/* ---- the public functions ---------------------------------------------------------------------------------------- */

int tarsier_reader_open(const char *file, struct tarsier_reader **reader, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct lua_reader *made = memory_resize(NULL, NULL, 0, sizeof *made);
	*reader = NULL;
	error = error_or(error, &own);
	if (!made)
		return error_memory(error);
	memset(made, 0, sizeof *made);
	arena_init(&made->arena, NULL);
	made->reader.read = read_file;
	made->reader.user = made;
	struct call call = {.reader = made, .error = error};
	int code = script_read(&made->arena, "reader", file, &made->script, error);
	if (code >= 0 && (code = run(&call, body_describe)) < 0)
		error_prefix(error, "reader %s", file);
	if (code < 0) {
		tarsier_reader_free(&made->reader);
		return code;
	}
	*reader = &made->reader;
	return TARSIER_OK;
}

int tarsier_reader_test(const struct tarsier_reader *reader, size_t *count, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct call call = {.reader = reader->user, .error = error_or(error, &own)};
	int code = run(&call, body_test);
	*count = call.examples;
	return code;
}

void tarsier_reader_free(struct tarsier_reader *reader)
{
	struct lua_reader *made = (struct lua_reader *)reader;
	if (!made)
		return;
	arena_free(&made->arena);
	memory_resize(NULL, made, sizeof *made, 0);
}
