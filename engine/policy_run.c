/* floor 7: policies in their sandbox, one after the other */
#include "policy.h"

#include "nearest.h"
#include "prelude.inc"
#include "value.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the registry has the prelude's functions, and the metatable of findings that are not whole. */
static const char PRELUDE[] = "prelude", LIGHT[] = "light";

enum where { NOWHERE, AT_IMAGE, AT_FINDING, AT_VERDICT };
static const size_t NO_FINDING = SIZE_MAX;

/* One judgement, or one check. */
struct run {
	struct sandbox sandbox;
	tarsier_judge *judge;
	struct policy *policies;
	size_t count;
	const struct subject *subject; /* NULL in checks and examples */
	struct verdict *verdict;       /* likewise */
	size_t position;               /* the policy that is being run */
	enum where where;              /* for messages */
	size_t finding;
	size_t example;
	json_t *told;                  /* what a body learned; owned */
	struct tarsier_error failure;  /* what went wrong in a body beside Lua; code 0: nothing */
};

static struct run *run_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* ---- what the prelude may call --------------------------------------------------------------------------------- */

/* compile(position, environment) --> the policy's file as a function */
static int l_compile(lua_State *L)
{
	struct run *run = run_of(L);
	size_t position = (size_t)luaL_checkinteger(L, 1) - 1;
	luaL_checktype(L, 2, LUA_TTABLE);
	luaL_argcheck(L, position < run->count, 1, "no such policy");
	const char *file = run->policies[position].file, *slash = strrchr(file, '/');
	sandbox_load(L, run->policies[position].text, lua_pushfstring(L, "@%s", slash ? slash + 1 : file));
	lua_pushvalue(L, 2);
	if (!lua_setupvalue(L, -2, 1))
		lua_pop(L, 1); /* a file without any global: nothing to set */
	return 1;
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

/* A fresh table: a policy that changes it changes nothing for the next. Making all of it costs ten times as much as
 * what most policies look at. */
static void push_finding_of(lua_State *L, struct run *run, size_t finding)
{
	if (run->subject->push_light(L, run->subject, finding)) {
		lua_getfield(L, LUA_REGISTRYINDEX, LIGHT);
		lua_setmetatable(L, -2);
	} else {
		run->subject->push_finding(L, run->subject, finding);
	}
	lua_pushinteger(L, (lua_Integer)finding + 1);
	lua_setfield(L, -2, "index");
}

/* light(metatable): of the findings that are to be completed by whole() */
static int l_light(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_setfield(L, LUA_REGISTRYINDEX, LIGHT);
	return 0;
}

/* finding(i) --> what the next hook looks at */
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
	run->subject->push_finding(L, run->subject, check_finding(L));
	return 1;
}

static void set_text(lua_State *L, const char *key, const char *text)
{
	lua_pushstring(L, text);
	lua_setfield(L, -2, key);
}

static void set_word(lua_State *L, const struct tarsier_word *word)
{
	set_text(L, "decision", tarsier_decision_name(word->decision));
	set_text(L, "policy", word->policy);
	if (*word->reason)
		set_text(L, "reason", word->reason);
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
	run->subject->push_image(L, run->subject);
	return 1;
}

/* packages() --> a fresh list */
static int l_packages(lua_State *L)
{
	const struct subject *subject = run_of(L)->subject;
	subject->push_packages(L, subject);
	return 1;
}

static const char *const hook_names[] = {"", "image", "finding", "verdict"};

/* Findings may be decided in all four ways, the image as a whole only be complained of, the verdict also be
 * overruled. */
static const char *const hook_decisions[] = {"", "\"fail\", \"warn\"", "\"fail\", \"warn\", \"accept\", \"ignore\"",
                                             "\"fail\", \"warn\", \"accept\""};

static bool is_allowed(enum where where, enum tarsier_decision decision)
{
	return decision == TARSIER_FAIL || decision == TARSIER_WARN || (decision == TARSIER_ACCEPT && where != AT_IMAGE) ||
	       (decision == TARSIER_IGNORE && where == AT_FINDING);
}

/* Raises with the place where the hook stands: it has returned, so nothing of it runs. */
static int bad_word(lua_State *L, enum where where, const char *what)
{
	lua_Debug debug;
	lua_pushvalue(L, 1);
	lua_getinfo(L, ">S", &debug);
	lua_pushfstring(L, "%s:%d: the hook that begins here returned %s; return %s or nil, and a reason", debug.short_src,
	                debug.linedefined, what, hook_decisions[where]);
	return lua_error(L);
}

/* The decision at `index` with its reason behind it. */
static enum tarsier_decision check_word(lua_State *L, enum where where, int index)
{
	static const enum tarsier_decision decisions[] = {TARSIER_IGNORE, TARSIER_ACCEPT, TARSIER_WARN, TARSIER_FAIL};
	const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : NULL;
	enum tarsier_decision decision = TARSIER_UNDECIDED;
	for (size_t i = 0; text && i < sizeof decisions / sizeof *decisions; i++)
		if (strcmp(text, tarsier_decision_name(decisions[i])) == 0)
			decision = decisions[i];
	if (text && !is_allowed(where, decision))
		bad_word(L, where, lua_pushfstring(L, "\"%s\", which is no decision for it", text));
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
		if (strcmp(name, hook_names[where]) == 0)
			return (enum where)where;
	return (enum where)luaL_error(L, "no such hook: %s", name);
}

/* word(hook, "image" | "verdict" | i, decision, reason) */
static int l_word(lua_State *L)
{
	struct run *run = run_of(L);
	bool is_finding = lua_isinteger(L, 2);
	enum where where = is_finding ? AT_FINDING : check_where(L, luaL_checkstring(L, 2));
	struct tarsier_word word = {
		.policy = run->verdict->policies[run->position].name,
		.hook = hook_names[where],
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

/* check_word(hook, "finding" | "image" | "verdict", decision, reason): raises where word would */
static int l_check_word(lua_State *L)
{
	check_word(L, check_where(L, luaL_checkstring(L, 2)), 3);
	return 0;
}

/* nearest(word, list) --> the nearest text in the list, or nil */
static int l_nearest(lua_State *L)
{
	struct nearest nearest = {.typed = span_of(luaL_checkstring(L, 1))};
	lua_Integer count = luaL_len(L, 2);
	sandbox_charge(L, (uint64_t)count * 20);
	for (lua_Integer i = 1; i <= count; i++) {
		lua_rawgeti(L, 2, i); /* the list keeps the text alive */
		if (lua_type(L, -1) == LUA_TSTRING)
			nearest_offer(&nearest, span_of(lua_tostring(L, -1)));
		lua_pop(L, 1);
	}
	if (!nearest.word.len)
		return lua_pushnil(L), 1;
	lua_pushlstring(L, nearest.word.ptr, nearest.word.len);
	return 1;
}

/* '*' stands for any text, '?' for one byte. At most pattern × text steps: only the last '*' is ever tried again. */
static bool glob(span pattern, span text, uint64_t *steps)
{
	size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;
	for (; t < text.len || p < pattern.len; ++*steps) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			retry = t;
		} else if (p < pattern.len && t < text.len && (pattern.ptr[p] == '?' || pattern.ptr[p] == text.ptr[t])) {
			p++;
			t++;
		} else if (star != SIZE_MAX && retry < text.len) {
			p = star + 1;
			t = ++retry;
		} else {
			return false;
		}
	}
	return true;
}

/* The longest name or reference that globs are made for, many times over: bounds their work. */
enum { GLOB_LIMIT = 4096 };

/* glob(pattern, text) --> boolean */
static int l_glob(lua_State *L)
{
	span pattern, text;
	pattern.ptr = luaL_checklstring(L, 1, &pattern.len);
	text.ptr = luaL_checklstring(L, 2, &text.len);
	luaL_argcheck(L, pattern.len <= GLOB_LIMIT, 1, "longer than 4096 bytes");
	luaL_argcheck(L, text.len <= GLOB_LIMIT, 2, "longer than 4096 bytes");
	uint64_t steps = 0;
	bool matches = glob(pattern, text, &steps);
	sandbox_charge(L, steps / 4);
	lua_pushboolean(L, matches);
	return 1;
}

/* version_compare(scheme, a, b) --> -1, 0, 1; nil, message for what is no version. Raises for an unknown scheme. */
static int l_version_compare(lua_State *L)
{
	const char *scheme = luaL_checkstring(L, 1), *a = luaL_checkstring(L, 2), *b = luaL_checkstring(L, 3);
	struct tarsier_error error;
	int order;
	int code = tarsier_compare(scheme, a, b, &order, &error);
	sandbox_charge(L, (strlen(a) + strlen(b)) / 4);
	if (code == TARSIER_USAGE)
		return luaL_error(L, "version_compare: %s", error.message);
	if (code < 0)
		return lua_pushnil(L), lua_pushstring(L, error.message), 2;
	lua_pushinteger(L, order);
	return 1;
}

static const luaL_Reg host_functions[] = {
	{"compile", l_compile},   {"count", l_count},     {"light", l_light},           {"finding", l_finding},
	{"whole", l_whole},       {"so_far", l_so_far},   {"decided", l_decided},       {"image", l_image},
	{"packages", l_packages}, {"word", l_word},       {"check_word", l_check_word}, {"nearest", l_nearest},
	{"glob", l_glob},         {"version_compare", l_version_compare}, {NULL, NULL}};

/* ---- bodies: what runs inside the sandbox, one argument, a struct run ------------------------------------------ */

static int body_boot(lua_State *L)
{
	void *run = lua_touserdata(L, 1);
	sandbox_load(L, SPAN(embedded_prelude), "=prelude");
	sandbox_open_libraries(L);
	luaL_newlibtable(L, host_functions);
	lua_pushlightuserdata(L, run);
	luaL_setfuncs(L, host_functions, 1);
	lua_call(L, 3, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, PRELUDE);
	return 0;
}

/* Pushes a function of the prelude and the position of the policy that is being run. */
static void push_prelude(lua_State *L, const struct run *run, const char *name)
{
	lua_getfield(L, LUA_REGISTRYINDEX, PRELUDE);
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
	lua_pushinteger(L, (lua_Integer)run->position + 1);
}

/* Takes the value on top as plain data into run->told. */
static void tell(lua_State *L, struct run *run)
{
	json_decref(run->told);
	run->told = NULL;
	if (value_json(L, -1, &run->told, &run->failure) < 0)
		luaL_error(L, "%s", run->failure.message);
	lua_pop(L, 1);
}

static void push_settings(lua_State *L, const struct policy *policy)
{
	lua_createtable(L, (int)policy->setting_count, 0);
	for (size_t i = 0; i < policy->setting_count; i++) {
		lua_createtable(L, 2, 0);
		lua_pushstring(L, policy->settings[i].key);
		lua_rawseti(L, -2, 1);
		lua_pushstring(L, policy->settings[i].value);
		lua_rawseti(L, -2, 2);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static int body_load(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	const struct policy *policy = &run->policies[run->position];
	push_prelude(L, run, "load");
	value_push(L, policy->options);
	push_settings(L, policy);
	lua_pushstring(L, run->judge->config.today);
	lua_call(L, 4, 1);
	tell(L, run);
	return 0;
}

static int body_hooks(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	run->where = AT_IMAGE;
	push_prelude(L, run, "image");
	lua_call(L, 1, 0);
	run->where = AT_FINDING;
	push_prelude(L, run, "findings");
	lua_call(L, 1, 0);
	return 0;
}

static void set_count(lua_State *L, const char *key, size_t count)
{
	lua_pushinteger(L, (lua_Integer)count);
	lua_setfield(L, -2, key);
}

static void push_tally(lua_State *L, const struct verdict *verdict)
{
	enum tarsier_decision decision = verdict_decision(verdict);
	lua_createtable(L, 0, 8);
	for (int d = TARSIER_UNDECIDED; d <= TARSIER_FAIL; d++)
		set_count(L, tarsier_decision_name((enum tarsier_decision)d), verdict->public.tally[d]);
	set_count(L, "total", verdict->public.finding_count);
	set_text(L, "decision", decision == TARSIER_UNDECIDED ? "pass" : tarsier_decision_name(decision));
	lua_createtable(L, 0, 7);
	for (int s = TARSIER_SEVERITY_UNKNOWN; s <= TARSIER_SEVERITY_DEFCON1; s++)
		set_count(L, tarsier_severity_name((enum tarsier_severity)s), verdict->public.severities[s]);
	lua_setfield(L, -2, "severity");
}

static int body_verdict(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	run->where = AT_VERDICT;
	push_prelude(L, run, "verdict");
	push_tally(L, run->verdict);
	lua_call(L, 2, 1);
	tell(L, run);
	return 0;
}

static int body_example(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	push_prelude(L, run, "example");
	lua_pushinteger(L, (lua_Integer)run->example + 1);
	lua_call(L, 2, 1);
	tell(L, run);
	return 0;
}

/* ---- messages -------------------------------------------------------------------------------------------------- */

static void describe_place(const struct run *run, char *text, size_t size)
{
	if (run->where == NOWHERE)
		*text = '\0';
	else if (run->where == AT_FINDING && run->finding != NO_FINDING && run->subject)
		snprintf(text, size, ", finding hook at %.80s", run->subject->name(run->subject, run->finding));
	else
		snprintf(text, size, ", %s hook", hook_names[run->where]);
}

/* "policy strict (policies/strict.lua), finding hook at CVE-2021-3711: strict.lua:12: …" */
static int fail(struct run *run, struct tarsier_error *error)
{
	const struct policy *policy = &run->policies[run->position];
	char place[160];
	describe_place(run, place, sizeof place);
	if (error->code == TARSIER_MEMORY || run->failure.code == TARSIER_MEMORY)
		return error_memory(error);
	if (*policy->name)
		return error_prefix(error, "policy %s (%s)%s", policy->name, policy->file, place), TARSIER_POLICY;
	return error_prefix(error, "policy %s%s", policy->file, place), TARSIER_POLICY;
}

static int run_body(struct run *run, lua_CFunction body, struct tarsier_error *error)
{
	int code = sandbox_run(&run->sandbox, body, run, error);
	return code < 0 ? fail(run, error) : TARSIER_OK;
}

static int run_open(struct run *run, struct tarsier_error *error)
{
	const struct tarsier_judge_config *config = &run->judge->config;
	const struct sandbox_limits limits = {config->memory, config->instructions, config->seconds};
	run->finding = NO_FINDING;
	int code = sandbox_open(&run->sandbox, &limits, &config->allocator, error);
	if (code == TARSIER_OK)
		code = sandbox_run(&run->sandbox, body_boot, run, error);
	return code < 0 ? (error_prefix(error, "the sandbox for policies"), code) : TARSIER_OK;
}

static void run_close(struct run *run)
{
	json_decref(run->told);
	run->told = NULL;
	sandbox_close(&run->sandbox);
}

/* ---- judging --------------------------------------------------------------------------------------------------- */

static void add_usage(struct run *run)
{
	struct tarsier_policy_use *use = &run->verdict->policies[run->position];
	struct sandbox_usage usage = sandbox_usage(&run->sandbox);
	use->instructions += usage.instructions;
	use->seconds += usage.seconds;
	if (usage.memory > use->memory)
		use->memory = usage.memory;
}

/* A JSON text of `value` in the verdict's arena; NULL without memory. */
static const char *keep_json(struct run *run, const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
	const char *copy = text ? arena_string(&run->verdict->arena, text) : NULL;
	free(text);
	return copy;
}

/* Everything in a verdict outlives the judge. */
static int describe_policy(struct run *run, struct tarsier_error *error)
{
	const struct policy *policy = &run->policies[run->position];
	struct tarsier_policy_use *use = &run->verdict->policies[run->position];
	use->name = arena_string(&run->verdict->arena, policy->name);
	use->summary = arena_string(&run->verdict->arena, policy->summary);
	use->file = arena_string(&run->verdict->arena, policy->file);
	use->details = "";
	/* an empty table is taken for a list, and options never are */
	const json_t *options = json_object_get(run->told, "options");
	use->options = json_is_object(options) ? keep_json(run, options) : "{}";
	return use->name && use->summary && use->file && use->options ? TARSIER_OK : error_memory(error);
}

static int run_hooks(struct run *run, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (run->position = 0; code == TARSIER_OK && run->position < run->count; run->position++) {
		sandbox_budget(&run->sandbox);
		run->where = NOWHERE;
		run->finding = NO_FINDING;
		code = run_body(run, body_load, error);
		if (code == TARSIER_OK)
			code = describe_policy(run, error);
		if (code == TARSIER_OK)
			code = run_body(run, body_hooks, error);
		if (code == TARSIER_OK)
			add_usage(run);
	}
	return code;
}

static int run_verdict_hooks(struct run *run, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (run->position = 0; code == TARSIER_OK && run->position < run->count; run->position++) {
		sandbox_budget(&run->sandbox);
		code = run_body(run, body_verdict, error);
		if (code < 0)
			return code;
		add_usage(run);
		if (run->told && !json_is_null(run->told)) {
			run->verdict->policies[run->position].details = keep_json(run, run->told);
			if (!run->verdict->policies[run->position].details)
				return error_memory(error);
		}
	}
	return code;
}

int policy_judge(tarsier_judge *judge, const struct subject *subject, tarsier_verdict **public,
                 struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error ? error : &own;
	struct run run = {.judge = judge, .policies = judge->policies, .count = judge->count, .subject = subject};
	*public = NULL;
	if (!judge->count)
		return error_set(error, TARSIER_USAGE, "no policy to judge by: add one, such as 'default'");
	run.verdict = verdict_new(&judge->config.allocator, subject->count, judge->count);
	if (!run.verdict)
		return error_memory(error);
	int code = run_open(&run, error);
	if (code == TARSIER_OK)
		code = run_hooks(&run, error);
	if (code == TARSIER_OK) {
		verdict_count(run.verdict, subject);
		code = run_verdict_hooks(&run, error);
	}
	run_close(&run);
	if (code == TARSIER_OK && !verdict_finish(run.verdict, subject))
		code = error_memory(error);
	if (code == TARSIER_OK)
		*public = &run.verdict->public;
	else
		tarsier_verdict_free(&run.verdict->public);
	return code;
}

/* ---- checks and examples --------------------------------------------------------------------------------------- */

int policy_check(tarsier_judge *judge, struct policy *policy, json_t **info, struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error ? error : &own;
	struct run run = {.judge = judge, .policies = policy, .count = 1};
	*info = NULL;
	int code = run_open(&run, error);
	if (code == TARSIER_OK)
		code = run_body(&run, body_load, error);
	if (code == TARSIER_OK) {
		*info = run.told;
		run.told = NULL;
	}
	run_close(&run);
	return code;
}

static json_t *example_result(struct run *run, size_t example, const struct tarsier_error *error)
{
	json_t *result = run->told ? json_incref(run->told) : json_pack("{s:b, s:s}", "ok", 0, "got", "error");
	if (result && !run->told) /* a message may hold bytes of any kind */
		json_object_set_new_nocheck(result, "reason", json_stringn_nocheck(error->message, strlen(error->message)));
	if (result)
		json_object_set_new(result, "index", json_integer((json_int_t)example + 1));
	return result;
}

static json_t *test_one(tarsier_judge *judge, struct policy *policy, size_t example)
{
	struct tarsier_error error = {0};
	struct run run = {.judge = judge, .policies = policy, .count = 1, .example = example};
	int code = run_open(&run, &error);
	if (code == TARSIER_OK)
		code = run_body(&run, body_load, &error);
	if (code == TARSIER_OK) {
		json_decref(run.told);
		run.told = NULL;
		code = run_body(&run, body_example, &error);
	}
	if (code < 0) {
		json_decref(run.told);
		run.told = NULL;
	}
	json_t *result = example_result(&run, example, &error);
	run_close(&run);
	return result;
}

int policy_test(tarsier_judge *judge, struct policy *policy, json_t **results, struct tarsier_error *error)
{
	json_t *info;
	*results = NULL;
	int code = policy_check(judge, policy, &info, error);
	if (code < 0)
		return code;
	size_t count = (size_t)json_count(info, "examples");
	json_decref(info);
	json_t *list = json_array();
	for (size_t i = 0; list && i < count; i++) {
		json_t *result = test_one(judge, policy, i);
		if (!result || json_array_append_new(list, result) < 0) {
			json_decref(list);
			list = NULL;
		}
	}
	*results = list;
	return list ? TARSIER_OK : error_memory(error);
}
