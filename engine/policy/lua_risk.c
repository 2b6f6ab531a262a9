/* the risk of a finding that is a Lua table, with other weights if wanted */
#include "policy/push_report.h"

#include "match/risk.h"

#include <lauxlib.h>
#include <string.h>

/* A number in a field of the table at `index`; `otherwise` if the field or the table is absent. */
static double number_in(lua_State *L, int index, const char *key, double otherwise)
{
	if (!lua_istable(L, index))
		return otherwise;
	if (lua_getfield(L, index, key) == LUA_TNIL)
		return lua_pop(L, 1), otherwise;
	if (lua_type(L, -1) != LUA_TNUMBER)
		luaL_error(L, "risk: '%s' must be a number, is a %s", key, luaL_typename(L, -1));
	double number = lua_tonumber(L, -1);
	lua_pop(L, 1);
	return number;
}

/* The number in field `key` of the table in field `table`. */
static double nested_number(lua_State *L, int index, const char *table, const char *key)
{
	lua_getfield(L, index, table);
	double number = number_in(L, lua_gettop(L), key, -1);
	lua_pop(L, 1);
	return number;
}

static bool is_true(lua_State *L, int index, const char *key)
{
	if (!lua_istable(L, index))
		return false;
	lua_getfield(L, index, key);
	bool truth = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return truth;
}

static bool nested_is_true(lua_State *L, int index, const char *table, const char *key)
{
	lua_getfield(L, index, table);
	bool truth = is_true(L, lua_gettop(L), key);
	lua_pop(L, 1);
	return truth;
}

static enum tarsier_severity severity_in(lua_State *L, int index)
{
	enum tarsier_severity severity = TARSIER_SEVERITY_UNKNOWN;
	lua_getfield(L, index, "severity");
	const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
	for (int s = TARSIER_SEVERITY_UNKNOWN; s <= TARSIER_SEVERITY_DEFCON1; s++)
		if (strcmp(name, tarsier_severity_name((enum tarsier_severity)s)) == 0)
			severity = (enum tarsier_severity)s;
	lua_pop(L, 1);
	return severity;
}

double lua_risk(lua_State *L, int index, int weights)
{
	const struct risk_weights usual = risk_weights_default, wanted = {
		.severity = number_in(L, weights, "severity", usual.severity),
		.exploitation = number_in(L, weights, "exploitation", usual.exploitation),
		.fix = number_in(L, weights, "fix", usual.fix), .own = number_in(L, weights, "own", usual.own)};
	const struct risk_facts facts = {
		.severity = severity_in(L, index), .cvss = nested_number(L, index, "cvss", "score"),
		.epss = nested_number(L, index, "epss", "score"), .kev = is_true(L, index, "kev"),
		.ransomware = nested_is_true(L, index, "kev", "ransomware"), .has_fix = is_true(L, index, "fixed_by"),
		.in_base = nested_is_true(L, index, "layer", "base"), .kernel = nested_is_true(L, index, "package", "kernel"),
		.informational = is_true(L, index, "informational"), .malicious = is_true(L, index, "malicious")};
	return risk_of(&facts, &wanted);
}
