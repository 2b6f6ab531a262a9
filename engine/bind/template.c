/* core.template: a report template in its sandbox */
#include "bind/core.h"
#include "policy/template.h"

int bind_template_open(lua_State *L);

/* template { name =, text =, result =, out =, escape =, instructions = } -> { name =, summary =, extension = } | nil, message, "POLICY".
 * result, a table, is written by calls of out(text); without a result the template is only checked. escape(kind, text)
 * -> text serves the template's `escape`, for the kinds in core.template_escapes. */
static int l_template(lua_State *L)
{
	struct template_job job = {0};
	struct tarsier_error error = {0};
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	lua_getfield(L, 1, "name");
	lua_getfield(L, 1, "text");
	job.name = luaL_checkstring(L, 2);
	job.text.ptr = luaL_checklstring(L, 3, &job.text.len);
	job.result = lua_getfield(L, 1, "result") == LUA_TTABLE ? 4 : 0;
	lua_getfield(L, 1, "out");
	lua_getfield(L, 1, "escape");
	job.out = 5;
	job.escape = 6;
	job.host = L;
	lua_getfield(L, 1, "instructions");
	job.instructions = (uint64_t)luaL_optinteger(L, 7, 0);
	if (template_run(&job, &error) < 0) {
		lua_pushnil(L);
		lua_pushstring(L, error.message);
		lua_pushliteral(L, "POLICY");
		return 3;
	}
	static const char *const keys[] = {"name", "summary", "extension"};
	lua_createtable(L, 0, 3);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		lua_pushstring(L, job.about[i]);
		lua_setfield(L, -2, keys[i]);
	}
	return 1;
}

int bind_template_open(lua_State *L)
{
	static const luaL_Reg functions[] = {{"template", l_template}, {NULL, NULL}};
	luaL_newlib(L, functions);
	lua_newtable(L);
	for (lua_Integer i = 0; template_escapes[i]; i++) {
		lua_pushstring(L, template_escapes[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "template_escapes");
	return 1;
}
