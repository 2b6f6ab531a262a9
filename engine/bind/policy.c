/* core.judge: judges reports by policies */
#include "bind/core.h"
#include "policy/push_report.h"

#include <stdbool.h>

int bind_policy_open(lua_State *L);

static const char class_name[] = "tarsier.judge";
static const char verdict_class[] = "tarsier.verdict";

static tarsier_judge *check_judge(lua_State *L)
{
	tarsier_judge **box = luaL_checkudata(L, 1, class_name);
	luaL_argcheck(L, *box, 1, "the judge is closed");
	return *box;
}

/* ---- core.judge(config) ---------------------------------------------------------------------------------------- */

static const char *text_field(lua_State *L, const char *key)
{
	int type = lua_getfield(L, 1, key);
	if (type != LUA_TNIL && type != LUA_TSTRING)
		luaL_error(L, "judge: '%s' must be a string, is a %s", key, luaL_typename(L, -1));
	const char *text = lua_tostring(L, -1);
	lua_pop(L, 1); /* the config keeps a reference to it */
	return text;
}

static double number_field(lua_State *L, const char *key)
{
	int type = lua_getfield(L, 1, key);
	if (type != LUA_TNIL && (type != LUA_TNUMBER || !(lua_tonumber(L, -1) > 0)))
		luaL_error(L, "judge: '%s' must be a number above 0", key);
	double number = lua_tonumber(L, -1);
	lua_pop(L, 1);
	return number;
}

/* Reads the list of folders into a userdata that is left on the stack. */
static const char *const *dirs_field(lua_State *L)
{
	if (lua_getfield(L, 1, "policy_dirs") == LUA_TNIL)
		return NULL;
	luaL_argexpected(L, lua_istable(L, -1), 1, "a list of folders in policy_dirs");
	size_t count = lua_rawlen(L, -1);
	const char **dirs = lua_newuserdatauv(L, (count + 1) * sizeof *dirs, 0);
	for (size_t i = 0; i < count; i++) {
		if (lua_rawgeti(L, -2, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_error(L, "judge: policy_dirs must be a list of strings");
		dirs[i] = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	dirs[count] = NULL;
	return dirs;
}

/* judge{ policy_dirs = {…}, ready_dir =, lua_dir =, module_path =, no_environment =, today =, instructions =, memory =, seconds = }
 * --> judge | nil, message, code */
static int l_judge(lua_State *L)
{
	struct tarsier_judge_config config;
	struct tarsier_error error;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	tarsier_judge_config_init(&config);
	config.ready_dir = text_field(L, "ready_dir");
	config.lua_dir = text_field(L, "lua_dir");
	config.today = text_field(L, "today");
	config.module_path = text_field(L, "module_path");
	config.instructions = (uint64_t)number_field(L, "instructions");
	config.memory = (size_t)number_field(L, "memory");
	config.seconds = number_field(L, "seconds");
	lua_getfield(L, 1, "no_environment");
	config.no_environment = lua_toboolean(L, -1);
	config.policy_dirs = dirs_field(L);
	tarsier_judge **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, class_name);
	if (tarsier_judge_open(&config, box, &error) < 0)
		return push_error(L, &error);
	return 1;
}

/* ---- methods --------------------------------------------------------------------------------------------------- */

/* Returns the table at `index` as JSON text, which stays on the stack; NULL for nil. */
static const char *options_text(lua_State *L, int index)
{
	struct tarsier_error error;
	if (lua_isnoneornil(L, index))
		return NULL;
	luaL_checktype(L, index, LUA_TTABLE);
	if (lua_json_text(L, index, &error) < 0)
		luaL_argerror(L, index, error.message);
	return lua_tostring(L, -1);
}

static int push_outcome(lua_State *L, int code, const struct tarsier_error *error)
{
	if (code < 0)
		return push_error(L, error);
	return lua_pushboolean(L, 1), 1;
}

/* judge:add(policy [, options]) --> true | nil, message, code */
static int l_add(lua_State *L)
{
	struct tarsier_error error;
	tarsier_judge *judge = check_judge(L);
	const char *policy = luaL_checkstring(L, 2);
	return push_outcome(L, tarsier_judge_add(judge, policy, options_text(L, 3), &error), &error);
}

/* judge:add_text(file, text [, options]) --> true | nil, message, code */
static int l_add_text(lua_State *L)
{
	struct tarsier_error error;
	size_t length;
	tarsier_judge *judge = check_judge(L);
	const char *file = luaL_checkstring(L, 2), *text = luaL_checklstring(L, 3, &length);
	return push_outcome(L, tarsier_judge_add_text(judge, file, text, length, options_text(L, 4), &error), &error);
}

/* judge:set("policy.option", text) --> true | nil, message, code */
static int l_set(lua_State *L)
{
	struct tarsier_error error;
	tarsier_judge *judge = check_judge(L);
	return push_outcome(L, tarsier_judge_set(judge, luaL_checkstring(L, 2), luaL_checkstring(L, 3), &error), &error);
}

/* judge:set_value("policy.option", value) --> true | nil, message, code */
static int l_set_value(lua_State *L)
{
	struct tarsier_error error;
	tarsier_judge *judge = check_judge(L);
	const char *key = luaL_checkstring(L, 2);
	luaL_checkany(L, 3);
	if (lua_json_text(L, 3, &error) < 0)
		return luaL_argerror(L, 3, error.message);
	return push_outcome(L, tarsier_judge_set_json(judge, key, lua_tostring(L, -1), &error), &error);
}

/* A result in the form of tarsier.facts is judged as its JSON report. */
static int judge_table(lua_State *L, tarsier_judge *judge, tarsier_verdict **verdict, struct tarsier_error *error)
{
	size_t length;
	luaL_checktype(L, 2, LUA_TTABLE);
	int code = lua_json_text(L, 2, error);
	if (code < 0)
		return code;
	const char *json = lua_tolstring(L, -1, &length);
	code = tarsier_judge_json(judge, json, length, verdict, error);
	lua_pop(L, 1);
	return code;
}

/* judge:run(report | result) --> { verdict = {…}, findings = { { decision =, reason =, policy =, trail = {…} }, … } }
 * | nil, message, code */
static int l_run(lua_State *L)
{
	struct tarsier_error error;
	tarsier_judge *judge = check_judge(L);
	bool is_report = lua_isuserdata(L, 2);
	const tarsier_report *report = is_report ? bind_check_report(L, 2) : NULL;
	tarsier_verdict **verdict = lua_newuserdatauv(L, sizeof *verdict, 0);
	*verdict = NULL;
	luaL_setmetatable(L, verdict_class);
	int code = is_report ? tarsier_judge_run(judge, report, verdict, &error) : judge_table(L, judge, verdict, &error);
	if (code < 0)
		return push_error(L, &error);
	lua_createtable(L, 0, 2);
	policy_push_verdict(L, *verdict);
	lua_setfield(L, -2, "verdict");
	lua_createtable(L, (int)(*verdict)->finding_count, 0);
	for (size_t i = 0; i < (*verdict)->finding_count; i++) {
		lua_createtable(L, 0, 4);
		policy_push_decision(L, *verdict, i);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "findings");
	return 1;
}

typedef int judge_question(tarsier_judge *judge, const char *policy, char **json, struct tarsier_error *error);

/* text --> the value of the JSON text: runs protected, because Lua does not free the text */
static int push_answer(lua_State *L)
{
	lua_json_push_text(L, lua_touserdata(L, 1));
	return 1;
}

/* Answers a question about the policy at argument 2 without adding it. */
static int ask(lua_State *L, judge_question *question)
{
	struct tarsier_error error;
	char *json;
	tarsier_judge *judge = check_judge(L);
	const char *policy = luaL_checkstring(L, 2);
	if (question(judge, policy, &json, &error) < 0)
		return push_error(L, &error);
	lua_pushcfunction(L, push_answer);
	lua_pushlightuserdata(L, json);
	int failed = lua_pcall(L, 1, 1, 0);
	tarsier_text_free(json);
	return failed ? lua_error(L) : 1;
}

/* judge:inspect(policy) --> { name, summary, description, options, defaults, hooks, examples } | nil, message, code */
static int l_inspect(lua_State *L)
{
	return ask(L, tarsier_judge_inspect);
}

/* judge:test(policy) --> { { ok, index, hook, expected, got, reason }, … } | nil, message, code */
static int l_test(lua_State *L)
{
	return ask(L, tarsier_judge_test);
}

/* judge:find(policy) --> file | nil, message, code */
static int l_find(lua_State *L)
{
	struct tarsier_error error;
	const char *file;
	if (tarsier_judge_find(check_judge(L), luaL_checkstring(L, 2), &file, &error) < 0)
		return push_error(L, &error);
	return lua_pushstring(L, file), 1;
}

/* judge:list() --> { file, … } */
static int l_list(lua_State *L)
{
	struct tarsier_error error;
	const char *const *files;
	if (tarsier_judge_list(check_judge(L), &files, &error) < 0)
		return push_error(L, &error);
	lua_newtable(L);
	for (lua_Integer i = 0; files[i]; i++) {
		lua_pushstring(L, files[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static void push_need(lua_State *L, unsigned need, const char *name)
{
	if (!need)
		return;
	lua_pushboolean(L, true);
	lua_setfield(L, -2, name);
}

/* judge:needs() --> what the added policies need gathered: a set of "files", "upgrades" and "secrets" */
static int l_needs(lua_State *L)
{
	unsigned needs = tarsier_judge_needs(check_judge(L));
	lua_createtable(L, 0, 2);
	push_need(L, needs & TARSIER_NEED_FILES, "files");
	push_need(L, needs & TARSIER_NEED_UPGRADES, "upgrades");
	push_need(L, needs & TARSIER_NEED_SECRETS, "secrets");
	return 1;
}

/* judge:close(); may be called twice */
static int l_close(lua_State *L)
{
	tarsier_judge **box = luaL_checkudata(L, 1, class_name);
	tarsier_judge_free(*box);
	*box = NULL;
	return 0;
}

static int l_tostring(lua_State *L)
{
	tarsier_judge **box = luaL_checkudata(L, 1, class_name);
	if (*box)
		lua_pushfstring(L, "%s: %d policies", class_name, (int)tarsier_judge_count(*box));
	else
		lua_pushfstring(L, "%s (closed)", class_name);
	return 1;
}

static int l_free_verdict(lua_State *L)
{
	tarsier_verdict **box = luaL_checkudata(L, 1, verdict_class);
	tarsier_verdict_free(*box);
	*box = NULL;
	return 0;
}

/* core.risk(finding [, weights]) --> 0 to 100 */
static int l_risk(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	return lua_pushnumber(L, lua_risk(L, 1, 2)), 1;
}

static const luaL_Reg functions[] = {{"judge", l_judge}, {"risk", l_risk}, {NULL, NULL}};
static const luaL_Reg methods[] = {
	{"add", l_add},   {"add_text", l_add_text}, {"set", l_set},   {"set_value", l_set_value}, {"run", l_run},     {"inspect", l_inspect},
	{"test", l_test}, {"find", l_find},         {"list", l_list}, {"needs", l_needs}, {"close", l_close}, {NULL, NULL},
};
static const luaL_Reg metamethods[] = {
	{"__gc", l_close}, {"__close", l_close}, {"__tostring", l_tostring}, {NULL, NULL}};

static const luaL_Reg verdict_metamethods[] = {{"__gc", l_free_verdict}, {NULL, NULL}};

int bind_policy_open(lua_State *L)
{
	bind_class(L, class_name, metamethods, methods);
	bind_class(L, verdict_class, verdict_metamethods, NULL);
	luaL_newlib(L, functions);
	return 1;
}
