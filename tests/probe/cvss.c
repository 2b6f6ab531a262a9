/* floor 1: cvss.h */
#include "format/cvss.h"
#include "probe.h"

int probe_cvss(lua_State *L);

static const char *const names[] = {"Unknown", "Negligible", "Low", "Medium", "High", "Critical", "Defcon1"};

/* score(vector) --> score, severity, version; or nil, message, "CODE" */
static int l_score(lua_State *L)
{
	struct cvss cvss;
	struct tarsier_error error;
	if (cvss_score(probe_span(L, 1), &cvss, &error) < 0)
		return probe_fail(L, &error);
	lua_pushnumber(L, cvss.score);
	lua_pushstring(L, names[cvss.severity]);
	lua_pushinteger(L, cvss.version);
	return 3;
}

/* severity(word) --> name */
static int l_severity(lua_State *L)
{
	return lua_pushstring(L, names[severity_of_word(probe_span(L, 1))]), 1;
}

static const luaL_Reg functions[] = {{"score", l_score}, {"severity", l_severity}, {NULL, NULL}};

int probe_cvss(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
