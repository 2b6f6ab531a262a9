/* Runs a report template in the sandbox. The report stays a table of the host's state: what the template looks at is
 * copied when it looks, and findings and packages one at a time, because a report may have hundreds of thousands. */
#include "policy/template.h"

#include "policy/sandbox.h"

#include <stdio.h>
#include <string.h>

/* Ten times what a judgement may take: a template visits all findings and writes megabytes. */
static const struct sandbox_limits LIMITS = {128 << 20, UINT64_C(1000) * 1000 * 1000, 60};

enum {
	DEPTH = 32,       /* tables in tables of a report; the deepest is eight */
	HOST_STACK = 8,   /* places on the host's stack that one level of a copy takes */
	COPY_COST = 20,   /* instructions for a value, measured for records of policies */
};

const char *const template_escapes[] = {"html", "markdown", "csv", "json", "text", NULL};

struct template_run {
	struct template_job *job;
	struct sandbox sandbox;
	char failure[256]; /* what the host's function said when it failed; "" while it did not */
};

static struct template_run *run_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* ---- from the host's tables to the sandbox's ---- */

static void push_copy(lua_State *L, lua_State *host, int depth);

/* Pushes a copy of the table on top of the host's stack. */
static void push_table(lua_State *L, lua_State *host, int depth)
{
	if (depth == 0 || !lua_checkstack(host, HOST_STACK) || !lua_checkstack(L, HOST_STACK))
		luaL_error(L, "the report is nested too deeply");
	lua_newtable(L);
	lua_pushnil(host);
	while (lua_next(host, -2)) {
		bool is_text = lua_type(host, -2) == LUA_TSTRING, is_index = lua_isinteger(host, -2);
		if (is_text || is_index) {
			push_copy(L, host, depth - 1);
			if (is_text)
				lua_setfield(L, -2, lua_tostring(host, -2));
			else
				lua_rawseti(L, -2, lua_tointeger(host, -2));
		}
		lua_pop(host, 1);
	}
}

/* Pushes a copy of the value on top of the host's stack. What is not data becomes nil. */
static void push_copy(lua_State *L, lua_State *host, int depth)
{
	size_t length;
	const char *text;
	sandbox_charge(L, COPY_COST);
	switch (lua_type(host, -1)) {
	case LUA_TBOOLEAN: lua_pushboolean(L, lua_toboolean(host, -1)); break;
	case LUA_TNUMBER:
		if (lua_isinteger(host, -1))
			lua_pushinteger(L, lua_tointeger(host, -1));
		else
			lua_pushnumber(L, lua_tonumber(host, -1));
		break;
	case LUA_TSTRING:
		text = lua_tolstring(host, -1, &length);
		sandbox_charge_bytes(L, length);
		lua_pushlstring(L, text, length);
		break;
	case LUA_TTABLE: push_table(L, host, depth); break;
	default: lua_pushnil(L);
	}
}

/* Pushes the list of that name in the report on the host's stack. Returns whether there is one. */
static bool push_list(const struct template_run *run, const char *name)
{
	lua_State *host = run->job->host;
	lua_pushstring(host, name); /* short texts of ours, which exist in the host's state: no memory is needed */
	lua_rawget(host, run->job->result);
	return lua_type(host, -1) == LUA_TTABLE;
}

/* list[i] */
static int l_item(lua_State *L)
{
	struct template_run *run = run_of(L);
	lua_State *host = run->job->host;
	int top = lua_gettop(host);
	if (lua_isinteger(L, 2) && push_list(run, lua_tostring(L, lua_upvalueindex(2)))) {
		lua_rawgeti(host, -1, lua_tointeger(L, 2));
		push_copy(L, host, DEPTH);
	} else {
		lua_pushnil(L);
	}
	lua_settop(host, top);
	return 1;
}

/* #list */
static int l_length(lua_State *L)
{
	struct template_run *run = run_of(L);
	lua_State *host = run->job->host;
	int top = lua_gettop(host);
	lua_Integer length = 0;
	if (push_list(run, lua_tostring(L, lua_upvalueindex(2))))
		length = (lua_Integer)lua_rawlen(host, -1);
	lua_settop(host, top);
	lua_pushinteger(L, length);
	return 1;
}

static void push_bound(lua_State *L, struct template_run *run, const char *name, lua_CFunction function)
{
	lua_pushlightuserdata(L, run);
	lua_pushstring(L, name);
	lua_pushcclosure(L, function, 2);
}

/* Sets the list of that name in the table on top: ipairs, # and an index work as for any list. */
static void set_list(lua_State *L, struct template_run *run, const char *name)
{
	lua_newtable(L);
	lua_createtable(L, 0, 2);
	push_bound(L, run, name, l_item);
	lua_setfield(L, -2, "__index");
	push_bound(L, run, name, l_length);
	lua_setfield(L, -2, "__len");
	lua_setmetatable(L, -2);
	lua_setfield(L, -2, name);
}

static bool is_lazy(const char *key)
{
	return strcmp(key, "findings") == 0 || strcmp(key, "packages") == 0;
}

static void push_report(lua_State *L, struct template_run *run)
{
	lua_State *host = run->job->host;
	lua_newtable(L);
	if (!lua_checkstack(host, 2 * HOST_STACK))
		luaL_error(L, "not enough memory");
	lua_pushnil(host);
	while (lua_next(host, run->job->result)) {
		if (lua_type(host, -2) == LUA_TSTRING) {
			const char *key = lua_tostring(host, -2);
			if (is_lazy(key)) {
				set_list(L, run, key);
			} else {
				push_copy(L, host, DEPTH);
				lua_setfield(L, -2, key);
			}
		}
		lua_pop(host, 1);
	}
}

/* ---- from the sandbox to the host's functions ---- */

struct host_call { const char *kind, *text; size_t length; };

/* Calls function([kind,] text) in the host's state, in protected mode. */
static int l_call_host(lua_State *host)
{
	const struct host_call *piece = lua_touserdata(host, 2);
	lua_pushvalue(host, 1);
	if (piece->kind)
		lua_pushstring(host, piece->kind);
	lua_pushlstring(host, piece->text, piece->length);
	lua_call(host, piece->kind ? 2 : 1, 1);
	return 1;
}

/* Leaves the function's result on the host's stack, or raises in the sandbox. */
static void call_host(lua_State *L, struct template_run *run, int function, struct host_call *piece)
{
	lua_State *host = run->job->host;
	if (!lua_checkstack(host, HOST_STACK))
		luaL_error(L, "not enough memory");
	lua_pushcfunction(host, l_call_host);
	lua_pushvalue(host, function);
	lua_pushlightuserdata(host, piece);
	if (lua_pcall(host, 2, 1, 0) == LUA_OK)
		return;
	const char *message = lua_type(host, -1) == LUA_TSTRING ? lua_tostring(host, -1) : "the report cannot be written";
	snprintf(run->failure, sizeof run->failure, "%s", message);
	lua_pop(host, 1);
	luaL_error(L, "%s", run->failure);
}

/* out(text, …) */
static int l_out(lua_State *L)
{
	struct template_run *run = run_of(L);
	for (int i = 1, count = lua_gettop(L); i <= count; i++) {
		struct host_call piece = {NULL, NULL, 0};
		piece.text = luaL_checklstring(L, i, &piece.length);
		sandbox_charge_bytes(L, piece.length);
		call_host(L, run, run->job->out, &piece);
		lua_pop(run->job->host, 1);
	}
	return 0;
}

/* escape.KIND(text) --> text; a number is taken for its text, and nil for "" */
static int l_escape(lua_State *L)
{
	struct template_run *run = run_of(L);
	lua_State *host = run->job->host;
	struct host_call piece = {lua_tostring(L, lua_upvalueindex(2)), NULL, 0};
	piece.text = luaL_optlstring(L, 1, "", &piece.length);
	sandbox_charge_bytes(L, 4 * piece.length);
	int top = lua_gettop(host);
	call_host(L, run, run->job->escape, &piece);
	push_copy(L, host, 0);
	lua_settop(host, top);
	return 1;
}

/* ---- running ---- */

static void push_environment(lua_State *L, struct template_run *run)
{
	sandbox_open_libraries(L);
	lua_pop(L, 1); /* what only our own prelude may call */
	lua_newtable(L);
	for (const char *const *kind = template_escapes; *kind; kind++) {
		push_bound(L, run, *kind, l_escape);
		lua_setfield(L, -2, *kind);
	}
	lua_setfield(L, -2, "escape");
}

static void take_about(lua_State *L, struct template_job *job)
{
	static const char *const keys[] = {"name", "summary", "extension"};
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		if (lua_getfield(L, -1, keys[i]) == LUA_TSTRING)
			snprintf(job->about[i], sizeof job->about[i], "%s", lua_tostring(L, -1));
		lua_pop(L, 1);
	}
}

static int body_template(lua_State *L)
{
	struct template_run *run = lua_touserdata(L, 1);
	push_environment(L, run);
	sandbox_load(L, run->job->text, lua_pushfstring(L, "@%s", run->job->name));
	lua_pushvalue(L, -3);
	if (!lua_setupvalue(L, -2, 1))
		lua_pop(L, 1); /* it uses no globals */
	lua_call(L, 0, 1);
	if (!lua_istable(L, -1))
		return luaL_error(L, "a template returns a table with a function `write`");
	take_about(L, run->job);
	if (lua_getfield(L, -1, "write") != LUA_TFUNCTION)
		return luaL_error(L, "a template has a function `write`");
	if (!run->job->result)
		return 0;
	push_report(L, run);
	lua_pushlightuserdata(L, run);
	lua_pushcclosure(L, l_out, 1);
	lua_call(L, 2, 0);
	return 0;
}

int template_run(struct template_job *job, struct tarsier_error *error)
{
	struct template_run run = {.job = job};
	int top = lua_gettop(job->host);
	struct sandbox_limits limits = LIMITS;
	limits.instructions = job->instructions ? job->instructions : limits.instructions;
	int code = sandbox_open(&run.sandbox, &limits, NULL, error);
	if (code >= 0)
		code = sandbox_run(&run.sandbox, body_template, &run, error);
	sandbox_close(&run.sandbox);
	lua_settop(job->host, top);
	if (code >= 0)
		return TARSIER_OK;
	struct tarsier_error cause = *error;
	return error_set(error, code, "template %s: %s", job->name, cause.message);
}
