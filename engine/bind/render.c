/* renders reports for C hosts with the same Lua modules that the command uses */
#include "bind/core.h"
#include "policy/push_report.h"

#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct render {
	const char *lua_dir;
	const tarsier_report *report;
	const tarsier_verdict *verdict;
	const char *format;
	int (*write)(void *user, const char *text, size_t length);
	void *user;
	int code; /* of a failure that is not a Lua error */
};

/* lua_Alloc over the host's allocator */
static void *l_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	const struct tarsier_allocator *allocator = user;
	if (!new_size && !ptr)
		return NULL;
	if (allocator->resize)
		return allocator->resize(allocator->user, ptr, ptr ? old_size : 0, new_size);
	if (new_size)
		return realloc(ptr, new_size);
	free(ptr);
	return NULL;
}

/* out(text) */
static int l_out(lua_State *L)
{
	struct render *render = lua_touserdata(L, lua_upvalueindex(1));
	size_t length;
	const char *text = luaL_checklstring(L, 1, &length);
	if (render->write(render->user, text, length) == 0)
		return 0;
	render->code = TARSIER_IO;
	return luaL_error(L, "cannot write the %s report", render->format);
}

/* Modules are searched in lua_dir first; cjson is the system's. */
static void set_paths(lua_State *L, const char *lua_dir)
{
	lua_getglobal(L, "package");
	lua_getfield(L, -1, "path");
	lua_pushfstring(L, "%s/?.lua;%s/?/init.lua;%s", lua_dir, lua_dir, lua_tostring(L, -1));
	lua_setfield(L, -3, "path");
	lua_pop(L, 1);
	lua_getfield(L, -1, "preload");
	lua_pushcfunction(L, bind_all_open);
	lua_setfield(L, -2, "tarsier.core");
	lua_pop(L, 2);
}

static void set_time(lua_State *L, const char *key, time_t when)
{
	char text[32];
	struct tm utc;
	gmtime_r(&when, &utc);
	strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

static void set_findings(lua_State *L, const struct render *render)
{
	size_t count = tarsier_finding_count(render->report);
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		push_finding(L, render->report, i);
		if (render->verdict && i < render->verdict->finding_count)
			policy_push_decision(L, render->verdict, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "findings");
}

/* Pushes the table that tarsier.scan returns in Lua. */
static void push_result(lua_State *L, const struct render *render)
{
	time_t now = time(NULL);
	lua_createtable(L, 0, 13);
	lua_pushliteral(L, "1");
	lua_setfield(L, -2, "schema");
	lua_createtable(L, 0, 1);
	lua_pushstring(L, tarsier_version());
	lua_setfield(L, -2, "version");
	lua_setfield(L, -2, "tarsier");
	set_time(L, "started", now - (time_t)tarsier_report_usage(render->report)->seconds);
	set_time(L, "finished", now);
	push_image(L, render->report);
	lua_setfield(L, -2, "image");
	push_packages(L, render->report);
	lua_setfield(L, -2, "packages");
	set_findings(L, render);
	push_problems(L, render->report);
	lua_setfield(L, -2, "problems");
	push_database_info(L, tarsier_report_database(render->report));
	lua_setfield(L, -2, "database");
	lua_createtable(L, 0, 1);
	lua_pushstring(L, tarsier_report_backend(render->report));
	lua_setfield(L, -2, "name");
	lua_setfield(L, -2, "backend");
	push_usage(L, render->report);
	lua_setfield(L, -2, "usage");
	if (render->verdict) {
		policy_push_verdict(L, render->verdict);
		lua_setfield(L, -2, "verdict");
	}
}

/* require "tarsier.report".write(format, result, out) */
static int l_render(lua_State *L)
{
	struct render *render = lua_touserdata(L, 1);
	luaL_openlibs(L);
	set_paths(L, render->lua_dir);
	lua_getglobal(L, "require");
	lua_pushliteral(L, "tarsier.report");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "write");
	lua_pushstring(L, render->format);
	push_result(L, render);
	lua_pushlightuserdata(L, render);
	lua_pushcclosure(L, l_out, 1);
	lua_call(L, 3, 2);
	if (lua_toboolean(L, -2))
		return 0;
	render->code = TARSIER_USAGE; /* unknown format */
	return luaL_error(L, "%s", luaL_optstring(L, -1, "no report"));
}

static int fail(struct tarsier_error *error, int code, const char *message)
{
	if (error) {
		error->code = code;
		snprintf(error->message, sizeof error->message, "%s", message);
	}
	return code;
}

static int render_failed(lua_State *L, const struct render *render, int status, struct tarsier_error *error)
{
	if (status == LUA_ERRMEM)
		return fail(error, TARSIER_MEMORY, "out of memory");
	const char *message = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "an error without a message";
	return fail(error, render->code ? render->code : TARSIER_UNSUPPORTED, message);
}

int tarsier_render(const tarsier_judge *judge, const tarsier_report *report, const tarsier_verdict *verdict,
                   const char *format, int (*write)(void *user, const char *text, size_t length), void *user,
                   struct tarsier_error *error)
{
	struct render render = {
		.lua_dir = judge ? judge_config(judge)->lua_dir : TARSIER_LUA_DIR,
		.report = report,
		.verdict = verdict,
		.format = format,
		.write = write,
		.user = user,
	};
	struct tarsier_allocator allocator = judge ? judge_config(judge)->allocator : (struct tarsier_allocator){0};
	lua_State *L = lua_newstate(l_resize, &allocator);
	if (!L)
		return fail(error, TARSIER_MEMORY, "out of memory");
	lua_pushcfunction(L, l_render);
	lua_pushlightuserdata(L, &render);
	int status = lua_pcall(L, 1, 0, 0);
	int code = status == LUA_OK ? TARSIER_OK : render_failed(L, &render, status, error);
	lua_close(L);
	return code;
}
