/* a report as a Lua object */
#include "bind/core.h"
#include "policy/push_report.h"
#include "tarsier_share.h"

#include <stdbool.h>

int bind_report_open(lua_State *L);

static const char class_name[] = "tarsier.report";

tarsier_report **bind_new_report(lua_State *L)
{
	tarsier_report **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, class_name);
	return box;
}

const tarsier_report *bind_check_report(lua_State *L, int index)
{
	tarsier_report **box = luaL_checkudata(L, index, class_name);
	luaL_argcheck(L, *box, index, "the report is closed");
	return *box;
}

/* report:image() --> a table, see lua/tarsier/init.lua; likewise the other methods */
static int l_image(lua_State *L)
{
	push_image(L, bind_check_report(L, 1));
	return 1;
}

/* function(report) --> value. The collector is stopped meanwhile: it would walk the new tables again and again, of which
 * none can be dropped. */
static int call_uncollected(lua_State *L, lua_CFunction function)
{
	bool is_running = lua_gc(L, LUA_GCISRUNNING);
	bind_check_report(L, 1);
	lua_settop(L, 1);
	lua_pushcfunction(L, function);
	lua_insert(L, 1);
	lua_gc(L, LUA_GCSTOP);
	int status = lua_pcall(L, 1, 1, 0);
	if (is_running)
		lua_gc(L, LUA_GCRESTART);
	return status == LUA_OK ? 1 : lua_error(L);
}

static int packages(lua_State *L)
{
	push_packages(L, bind_check_report(L, 1));
	return 1;
}

static int l_packages(lua_State *L)
{
	return call_uncollected(L, packages);
}

static int findings(lua_State *L)
{
	push_findings(L, bind_check_report(L, 1));
	return 1;
}

static int l_findings(lua_State *L)
{
	return call_uncollected(L, findings);
}

static int l_problems(lua_State *L)
{
	push_problems(L, bind_check_report(L, 1));
	return 1;
}

static int l_database(lua_State *L)
{
	push_database_info(L, tarsier_report_database(bind_check_report(L, 1)));
	return 1;
}

static int l_backend(lua_State *L)
{
	lua_pushstring(L, tarsier_report_backend(bind_check_report(L, 1)));
	return 1;
}

static int l_usage(lua_State *L)
{
	push_usage(L, bind_check_report(L, 1));
	return 1;
}

/* report:close(); may be called twice */
static int l_close(lua_State *L)
{
	tarsier_report **box = luaL_checkudata(L, 1, class_name);
	tarsier_report_free(*box);
	*box = NULL;
	return 0;
}

static int l_tostring(lua_State *L)
{
	tarsier_report **box = luaL_checkudata(L, 1, class_name);
	if (*box)
		lua_pushfstring(L, "%s: %s", class_name, tarsier_report_image(*box)->reference);
	else
		lua_pushfstring(L, "%s (closed)", class_name);
	return 1;
}

/* report_read(json) --> report without findings, for engine:rematch | nil, message, code */
static int l_read(lua_State *L)
{
	size_t length;
	const char *json = luaL_checklstring(L, 1, &length);
	struct tarsier_error error;
	tarsier_report **report = bind_new_report(L);
	if (tarsier_report_read(json, length, report, &error) < 0)
		return push_error(L, &error);
	return 1;
}

static const luaL_Reg functions[] = {{"report_read", l_read}, {NULL, NULL}};
static const luaL_Reg methods[] = {
	{"image", l_image},       {"packages", l_packages}, {"findings", l_findings}, {"problems", l_problems},
	{"database", l_database}, {"usage", l_usage},       {"backend", l_backend},   {"close", l_close},
	{NULL, NULL},
};
static const luaL_Reg metamethods[] = {{"__gc", l_close}, {"__close", l_close}, {"__tostring", l_tostring}, {NULL, NULL}};

int bind_report_open(lua_State *L)
{
	bind_class(L, class_name, metamethods, methods);
	luaL_newlib(L, functions);
	return 1;
}
