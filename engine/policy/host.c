/* the functions of the engine that the prelude calls */
#include "policy/run.h"

#include "base/glob.h"
#include "base/suggest.h"
#include "policy/lua_table.h"
#include "policy/push_report.h"

#include <string.h>

/* The cost of records in instructions, measured. */
enum { LIGHT_COST = 20, RECORD_COST = 200, PACKAGE_COST = 50, MODULE_COST = 10000 };

static struct run *run_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* Compiles a text with the environment at that index. Pushes the function and the text. */
static int push_chunk(lua_State *L, span text, const char *chunk, int environment)
{
	sandbox_load(L, text, chunk);
	lua_pushvalue(L, environment);
	if (!lua_setupvalue(L, -2, 1))
		lua_pop(L, 1); /* a file that uses no globals has no environment */
	lua_pushlstring(L, text.ptr, text.len);
	return 2;
}

/* compile(position, environment) --> the policy's file as a function, its text */
static int l_compile(lua_State *L)
{
	struct run *run = run_of(L);
	size_t position = (size_t)luaL_checkinteger(L, 1) - 1;
	luaL_checktype(L, 2, LUA_TTABLE);
	luaL_argcheck(L, position < run->count, 1, "no such policy");
	const struct policy *policy = &run->policies[position];
	const char *slash = strrchr(policy->file, '/');
	return push_chunk(L, policy->text, lua_pushfstring(L, "@%s", slash ? slash + 1 : policy->file), 2);
}

/* Returns the module in `file`, which is read when it is first required. Returns NULL on failure. */
static const struct policy_module *read_module(tarsier_judge *judge, const char *file, struct tarsier_error *error)
{
	for (size_t i = 0; i < judge->module_count; i++)
		if (strcmp(judge->modules[i].file, file) == 0)
			return &judge->modules[i];
	struct policy_module module = {.file = file};
	if (policy_read(&judge->arena, file, &module.text, error) < 0)
		return NULL;
	struct policy_module *modules = arena_grow(&judge->arena, judge->modules, judge->module_count,
	                                           &judge->module_capacity, sizeof *modules);
	if (!modules)
		return error_memory(error), NULL;
	judge->modules = modules;
	modules[judge->module_count] = module;
	return &modules[judge->module_count++];
}

/* module(position, name, environment) --> the module as a function, its text */
static int l_module(lua_State *L)
{
	struct run *run = run_of(L);
	struct tarsier_error error = {0};
	size_t position = (size_t)luaL_checkinteger(L, 1) - 1;
	span name;
	const char *file;
	name.ptr = luaL_checklstring(L, 2, &name.len);
	luaL_checktype(L, 3, LUA_TTABLE);
	luaL_argcheck(L, position < run->count, 1, "no such policy");
	sandbox_charge(L, MODULE_COST);
	int code = policy_find_module(&run->judge->arena, &run->judge->config, run->policies[position].file, name, &file,
	                              &error);
	const struct policy_module *module = code >= 0 ? read_module(run->judge, file, &error) : NULL;
	if (!module)
		return luaL_error(L, "require: %s", error.message);
	return push_chunk(L, module->text, lua_pushfstring(L, "@%s.lua", name.ptr), 3);
}

/* count() --> findings */
static int l_count(lua_State *L)
{
	return lua_pushinteger(L, (lua_Integer)run_of(L)->subject->count), 1;
}

static size_t check_finding(lua_State *L)
{
	struct run *run = run_of(L);
	lua_Integer index = luaL_checkinteger(L, 1);
	luaL_argcheck(L, index >= 1 && (size_t)index <= run->subject->count, 1, "no such finding");
	return (size_t)index - 1;
}

/* Pushes a fresh table, so that a policy's changes do not reach the next policy. A whole record costs ten times as much
 * as the fields that most policies read. */
static void push_finding_of(lua_State *L, struct run *run, size_t finding)
{
	sandbox_charge(L, LIGHT_COST);
	if (run->subject->push_light(L, run->subject, finding)) {
		lua_getfield(L, LUA_REGISTRYINDEX, POLICY_LIGHT);
		lua_setmetatable(L, -2);
	} else {
		sandbox_charge(L, RECORD_COST);
		run->subject->push_finding(L, run->subject, finding);
	}
	lua_pushinteger(L, (lua_Integer)finding + 1);
	lua_setfield(L, -2, "index");
}

/* light(metatable): sets the metatable of findings that whole() completes later */
static int l_light(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_setfield(L, LUA_REGISTRYINDEX, POLICY_LIGHT);
	return 0;
}

/* finding(i) --> the finding for the next hook */
static int l_finding(lua_State *L)
{
	struct run *run = run_of(L);
	run->finding = check_finding(L);
	run->where = AT_FINDING;
	push_finding_of(L, run, run->finding);
	return 1;
}

/* whole(i) --> the finding with all its fields */
static int l_whole(lua_State *L)
{
	struct run *run = run_of(L);
	sandbox_charge(L, RECORD_COST);
	run->subject->push_finding(L, run->subject, check_finding(L));
	return 1;
}

static void set_word(lua_State *L, const struct tarsier_word *word)
{
	table_set_text(L, "decision", tarsier_decision_name(word->decision));
	table_set_text(L, "policy", word->policy);
	if (*word->reason)
		table_set_text(L, "reason", word->reason);
}

/* so_far(i) --> { decision =, reason =, policy = }, or nil */
static int l_so_far(lua_State *L)
{
	const struct tarsier_word *last = verdict_last(run_of(L)->verdict, check_finding(L));
	if (!last)
		return lua_pushnil(L), 1;
	lua_createtable(L, 0, 3);
	set_word(L, last);
	return 1;
}

/* decided(i) --> the finding with its last decision */
static int l_decided(lua_State *L)
{
	struct run *run = run_of(L);
	size_t finding = check_finding(L);
	const struct tarsier_word *last = verdict_last(run->verdict, finding);
	push_finding_of(L, run, finding);
	if (last)
		set_word(L, last);
	return 1;
}

/* image() --> a fresh table */
static int l_image(lua_State *L)
{
	struct run *run = run_of(L);
	run->where = AT_IMAGE;
	sandbox_charge(L, RECORD_COST);
	run->subject->push_image(L, run->subject);
	return 1;
}

/* packages() --> a fresh list */
static int l_packages(lua_State *L)
{
	const struct subject *subject = run_of(L)->subject;
	sandbox_charge(L, RECORD_COST);
	subject->push_packages(L, subject);
	sandbox_charge(L, lua_rawlen(L, -1) * PACKAGE_COST);
	return 1;
}

const char *const policy_hook_names[] = {"", "image", "finding", "verdict"};

/* A finding allows all four decisions, an image only fail and warn; a verdict may also accept the image. */
static const char *const hook_decisions[] = {"", "\"fail\", \"warn\"", "\"fail\", \"warn\", \"accept\", \"ignore\"",
                                             "\"fail\", \"warn\", \"accept\""};

static bool is_allowed(enum where where, enum tarsier_decision decision)
{
	return decision == TARSIER_FAIL || decision == TARSIER_WARN || (decision == TARSIER_ACCEPT && where != AT_IMAGE) ||
	       (decision == TARSIER_IGNORE && where == AT_FINDING);
}

/* Raises with the line where the hook begins: it has returned, so none of its lines is running. */
static int bad_word(lua_State *L, enum where where, const char *what)
{
	lua_Debug debug;
	lua_pushvalue(L, 1);
	lua_getinfo(L, ">S", &debug);
	lua_pushfstring(L, "%s:%d: the hook that begins here returned %s; return %s or nil, and a reason", debug.short_src,
	                debug.linedefined, what, hook_decisions[where]);
	return lua_error(L);
}

/* Reads the decision at `index` and the reason after it. */
static enum tarsier_decision check_word(lua_State *L, enum where where, int index)
{
	static const enum tarsier_decision decisions[] = {TARSIER_IGNORE, TARSIER_ACCEPT, TARSIER_WARN, TARSIER_FAIL};
	const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
	enum tarsier_decision decision = TARSIER_UNDECIDED;
	for (size_t i = 0; text && i < sizeof decisions / sizeof *decisions; i++)
		if (strcmp(text, tarsier_decision_name(decisions[i])) == 0)
			decision = decisions[i];
	if (text && !is_allowed(where, decision))
		bad_word(L, where, lua_pushfstring(L, "\"%s\", which is not a decision for it", text));
	if (!text && !lua_isnil(L, index))
		bad_word(L, where, lua_pushfstring(L, "a %s as decision", luaL_typename(L, index)));
	if (lua_type(L, index + 1) != LUA_TSTRING && !lua_isnoneornil(L, index + 1))
		bad_word(L, where, lua_pushfstring(L, "a %s as reason", luaL_typename(L, index + 1)));
	if (!text && !lua_isnoneornil(L, index + 1))
		bad_word(L, where, "a reason without a decision");
	return decision;
}

static enum where check_where(lua_State *L, const char *name)
{
	for (int where = AT_IMAGE; where <= AT_VERDICT; where++)
		if (strcmp(name, policy_hook_names[where]) == 0)
			return (enum where)where;
	return (enum where)luaL_error(L, "no such hook: %s", name);
}

/* word(hook, "image" | "verdict" | i, decision, reason) */
static int l_word(lua_State *L)
{
	struct run *run = run_of(L);
	bool is_finding = lua_isinteger(L, 2);
	sandbox_charge_bytes(L, lua_type(L, 4) == LUA_TSTRING ? lua_rawlen(L, 4) : 0);
	enum where where = is_finding ? AT_FINDING : check_where(L, luaL_checkstring(L, 2));
	struct tarsier_word word = {
		.policy = run->verdict->policies[run->position].name,
		.hook = policy_hook_names[where],
		.decision = check_word(L, where, 3),
		.reason = luaL_optstring(L, 4, ""),
	};
	size_t finding = is_finding ? (size_t)lua_tointeger(L, 2) - 1 : NO_FINDING;
	if (word.decision != TARSIER_UNDECIDED && !verdict_word(run->verdict, finding, &word)) {
		error_memory(&run->failure);
		return luaL_error(L, "out of memory");
	}
	return 0;
}

/* check_word(hook, "finding" | "image" | "verdict", decision, reason): raises the same errors as word */
static int l_check_word(lua_State *L)
{
	check_word(L, check_where(L, luaL_checkstring(L, 2)), 3);
	return 0;
}

/* nearest(word, list) --> the nearest text in the list, or nil */
static int l_nearest(lua_State *L)
{
	struct suggestion suggestion = {.typed = span_of(luaL_checkstring(L, 1))};
	lua_Integer count = luaL_len(L, 2);
	sandbox_charge(L, (uint64_t)count * 20);
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(L, 2, i); /* the list keeps the text alive */
		if (lua_type(L, -1) == LUA_TSTRING)
			suggestion_offer(&suggestion, span_of(lua_tostring(L, -1)));
		lua_pop(L, 1);
	}
	if (!suggestion.word.len)
		return lua_pushnil(L), 1;
	lua_pushlstring(L, suggestion.word.ptr, suggestion.word.len);
	return 1;
}

/* Bytes of names, references and versions: many times the longest real one. Limits the work on them. */
enum { NAME_LIMIT = 4096 };

/* glob(pattern, text) --> boolean */
static int l_glob(lua_State *L)
{
	span pattern, text;
	pattern.ptr = luaL_checklstring(L, 1, &pattern.len);
	text.ptr = luaL_checklstring(L, 2, &text.len);
	luaL_argcheck(L, pattern.len <= NAME_LIMIT, 1, "longer than 4096 bytes");
	luaL_argcheck(L, text.len <= NAME_LIMIT, 2, "longer than 4096 bytes");
	uint64_t steps = 0;
	bool matches = glob_matches(pattern, text, &steps);
	sandbox_charge(L, steps / 4);
	lua_pushboolean(L, matches);
	return 1;
}

/* version_compare(scheme, a, b) --> -1, 0, 1; nil, message for an invalid version. Raises for an unknown scheme. */
static int l_version_compare(lua_State *L)
{
	size_t long_a, long_b;
	const char *scheme = luaL_checkstring(L, 1);
	const char *a = luaL_checklstring(L, 2, &long_a), *b = luaL_checklstring(L, 3, &long_b);
	struct tarsier_error error;
	int order;
	if (long_a > NAME_LIMIT || long_b > NAME_LIMIT)
		return lua_pushnil(L), lua_pushliteral(L, "longer than 4096 bytes"), 2;
	sandbox_charge(L, 20 + (long_a + long_b) / 4);
	int code = tarsier_compare(scheme, a, b, &order, &error);
	if (code == TARSIER_USAGE)
		return luaL_error(L, "version_compare: %s", error.message);
	if (code < 0)
		return lua_pushnil(L), lua_pushstring(L, error.message), 2;
	lua_pushinteger(L, order);
	return 1;
}

/* risk(finding [, weights]) --> 0 to 100 */
static int l_risk(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	sandbox_charge(L, RECORD_COST);
	return lua_pushnumber(L, lua_risk(L, 1, 2)), 1;
}

const luaL_Reg policy_host_functions[] = {
	{"compile", l_compile},   {"module", l_module},     {"count", l_count},
	{"light", l_light},       {"finding", l_finding},   {"whole", l_whole},
	{"so_far", l_so_far},     {"decided", l_decided},   {"image", l_image},
	{"packages", l_packages}, {"word", l_word},         {"check_word", l_check_word},
	{"nearest", l_nearest},   {"glob", l_glob},         {"version_compare", l_version_compare},
	{"risk", l_risk},
	{NULL, NULL}};
