/* runs policies in their sandbox, one after the other */
#include "policy/run.h"

#include "policy/lua_json.h"
#include "policy/lua_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The registry key of the prelude's functions. */
static const char PRELUDE[] = "prelude";

/* ---- bodies: functions that run inside the sandbox with one argument, a struct run ------------------------------ */

/* Only checks need the last part. */
enum { LINT = PRELUDE_PARTS - 1 };

static int body_boot(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	lua_newtable(L);
	sandbox_open_libraries(L);
	lua_setfield(L, -3, "trusted");
	lua_setfield(L, -2, "library");
	lua_newtable(L);
	lua_pushlightuserdata(L, run);
	luaL_setfuncs(L, policy_host_functions, 1);
	lua_setfield(L, -2, "host");
	for (size_t i = 0; i < LINT; i++)
		prelude_run(L, run->judge, i);
	lua_setfield(L, LUA_REGISTRYINDEX, PRELUDE);
	lua_gc(L, LUA_GCCOLLECT); /* so that the first policy's account does not include our garbage */
	return 0;
}

/* Pushes a function of the prelude and the position of the running policy. */
static void push_prelude(lua_State *L, const struct run *run, const char *name)
{
	lua_getfield(L, LUA_REGISTRYINDEX, PRELUDE);
	lua_getfield(L, -1, name);
	lua_remove(L, -2);
	lua_pushinteger(L, (lua_Integer)run->position + 1);
}

/* Stores the value on top as plain data in run->told. Outside the sandbox it may use as much memory as the sandbox
 * itself. */
static void tell(lua_State *L, struct run *run)
{
	const struct lua_json_limits limits = {run->judge->config.memory, sandbox_may_go_on};
	json_decref(run->told);
	run->told = NULL;
	if (lua_json_read_limited(L, -1, &limits, &run->told, &run->failure) < 0)
		luaL_error(L, "%s", run->failure.message);
	lua_pop(L, 1);
}

static void push_settings(lua_State *L, const struct policy *policy)
{
	lua_createtable(L, (int)policy->setting_count, 0);
	for (size_t i = 0; i < policy->setting_count; i++) {
		const struct setting *setting = &policy->settings[i];
		lua_createtable(L, 3, 0);
		lua_pushstring(L, setting->key);
		lua_rawseti(L, -2, 1);
		if (setting->is_json)
			lua_json_push_text(L, setting->value);
		else
			lua_pushstring(L, setting->value);
		lua_rawseti(L, -2, 2);
		lua_pushboolean(L, !setting->is_json);
		lua_rawseti(L, -2, 3);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static int body_load(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	const struct policy *policy = &run->policies[run->position];
	push_prelude(L, run, "load");
	lua_json_push(L, policy->options);
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
	push_prelude(L, run, "image_hook");
	lua_call(L, 1, 0);
	run->where = AT_FINDING;
	push_prelude(L, run, "finding_hook");
	lua_call(L, 1, 0);
	return 0;
}

static void push_tally(lua_State *L, const struct verdict *verdict)
{
	enum tarsier_decision decision = verdict_decision(verdict);
	lua_createtable(L, 0, 8);
	for (int d = TARSIER_UNDECIDED; d <= TARSIER_FAIL; d++)
		table_set_count(L, tarsier_decision_name((enum tarsier_decision)d), verdict->public.tally[d]);
	table_set_count(L, "total", verdict->public.finding_count);
	table_set_text(L, "decision", decision == TARSIER_UNDECIDED ? "pass" : tarsier_decision_name(decision));
	lua_createtable(L, 0, 7);
	for (int s = TARSIER_SEVERITY_UNKNOWN; s <= TARSIER_SEVERITY_DEFCON1; s++)
		table_set_count(L, tarsier_severity_name((enum tarsier_severity)s), verdict->public.severities[s]);
	lua_setfield(L, -2, "severity");
}

static int body_verdict(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	run->where = AT_VERDICT;
	push_prelude(L, run, "verdict_hook");
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
		snprintf(text, size, ", %s hook", policy_hook_names[run->where]);
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
	if (code >= 0)
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

/* Returns the JSON text of `value` in the verdict's arena; NULL if memory ran out. */
static const char *keep_json(struct run *run, const json_t *value)
{
	char *text = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
	const char *copy = text ? arena_string(&run->verdict->arena, text) : NULL;
	free(text);
	return copy;
}

/* Copies everything, because a verdict outlives the judge. */
static int describe_policy(struct run *run, struct tarsier_error *error)
{
	const struct policy *policy = &run->policies[run->position];
	struct tarsier_policy_use *use = &run->verdict->policies[run->position];
	use->name = arena_string(&run->verdict->arena, policy->name);
	use->summary = arena_string(&run->verdict->arena, policy->summary);
	use->file = arena_string(&run->verdict->arena, policy->file);
	use->details = "";
	/* an empty table becomes a list, and options are an object */
	const json_t *options = json_object_get(run->told, "options");
	use->options = json_is_object(options) ? keep_json(run, options) : "{}";
	return use->name && use->summary && use->file && use->options ? TARSIER_OK : error_memory(error);
}

static int run_hooks(struct run *run, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (run->position = 0; code >= 0 && run->position < run->count; run->position++) {
		sandbox_budget(&run->sandbox);
		run->where = NOWHERE;
		run->finding = NO_FINDING;
		code = run_body(run, body_load, error);
		if (code >= 0)
			code = describe_policy(run, error);
		if (code >= 0)
			code = run_body(run, body_hooks, error);
		if (code >= 0)
			add_usage(run);
	}
	return code;
}

static int run_verdict_hooks(struct run *run, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	for (run->position = 0; code >= 0 && run->position < run->count; run->position++) {
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
	struct tarsier_error own = {0};
	error = error ? error : &own;
	struct run run = {.judge = judge, .policies = judge->policies, .count = judge->count, .subject = subject};
	*public = NULL;
	if (!judge->count)
		return error_set(error, TARSIER_USAGE, "no policy to judge by: add one, such as 'default'");
	run.verdict = verdict_new(&judge->config.allocator, subject->count, judge->count);
	if (!run.verdict)
		return error_memory(error);
	int code = run_open(&run, error);
	if (code >= 0)
		code = run_hooks(&run, error);
	if (code >= 0) {
		verdict_count(run.verdict, subject);
		code = run_verdict_hooks(&run, error);
	}
	run_close(&run);
	if (code >= 0 && !verdict_finish(run.verdict, subject))
		code = error_memory(error);
	if (code >= 0)
		*public = &run.verdict->public;
	else
		tarsier_verdict_free(&run.verdict->public);
	return code;
}

/* ---- checks and examples --------------------------------------------------------------------------------------- */

/* Loads the policy and runs `then`, unless it is NULL, in the same sandbox. Sets *told to the result of the last body,
 * owned by the caller. */
static int ask(tarsier_judge *judge, struct policy *policy, lua_CFunction then, json_t **told,
               struct tarsier_error *error)
{
	struct tarsier_error own = {0};
	error = error ? error : &own;
	struct run run = {.judge = judge, .policies = policy, .count = 1};
	*told = NULL;
	int code = run_open(&run, error);
	if (code >= 0)
		code = run_body(&run, body_load, error);
	if (code >= 0 && then)
		code = run_body(&run, then, error);
	if (code >= 0) {
		*told = run.told;
		run.told = NULL;
	}
	run_close(&run);
	return code;
}

int policy_describe(tarsier_judge *judge, struct policy *policy, json_t **info, struct tarsier_error *error)
{
	return ask(judge, policy, NULL, info, error);
}

static int body_lint(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	lua_getfield(L, LUA_REGISTRYINDEX, PRELUDE);
	prelude_run(L, run->judge, LINT);
	push_prelude(L, run, "lint");
	lua_call(L, 1, 0);
	return 0;
}

int policy_check(tarsier_judge *judge, struct policy *policy, json_t **info, struct tarsier_error *error)
{
	return ask(judge, policy, body_lint, info, error);
}

static int body_examples(lua_State *L)
{
	struct run *run = lua_touserdata(L, 1);
	push_prelude(L, run, "examples");
	lua_call(L, 1, 1);
	tell(L, run);
	return 0;
}

/* Fills in the result of one example; `error` is the reason if the run failed. */
static int add_result(json_t *result, const struct run *run, size_t example, const struct tarsier_error *error)
{
	int failed = json_object_set_new(result, "index", json_integer((json_int_t)example + 1));
	if (run->told)
		return failed < 0 || json_object_update(result, run->told) < 0 ? -1 : 0;
	failed |= json_object_set_new(result, "ok", json_false());
	failed |= json_object_set_new(result, "got", json_string("error"));
	/* a message may contain arbitrary bytes */
	failed |= json_object_set_new_nocheck(result, "reason", json_stringn_nocheck(error->message, strlen(error->message)));
	return failed;
}

/* Each example runs in its own sandbox. */
static int test_one(tarsier_judge *judge, struct policy *policy, size_t example, json_t *result)
{
	struct tarsier_error error = {0};
	struct run run = {.judge = judge, .policies = policy, .count = 1, .example = example};
	int code = run_open(&run, &error);
	if (code >= 0)
		code = run_body(&run, body_load, &error);
	json_decref(run.told);
	run.told = NULL;
	if (code >= 0)
		code = run_body(&run, body_example, &error);
	if (code < 0) {
		json_decref(run.told);
		run.told = NULL;
	}
	int failed = add_result(result, &run, example, &error);
	run_close(&run);
	return failed;
}

int policy_test(tarsier_judge *judge, struct policy *policy, json_t **results, struct tarsier_error *error)
{
	json_t *list;
	int code = ask(judge, policy, body_examples, &list, error);
	for (size_t i = 0; code >= 0 && i < json_array_size(list); i++)
		if (test_one(judge, policy, i, json_array_get(list, i)) < 0)
			code = error_memory(error);
	if (code < 0) {
		json_decref(list);
		list = NULL;
	}
	*results = list;
	return code;
}
