#include "policy/policy.h"

#include "base/config.h"
#include "base/suggest.h"
#include "base/today.h"

#include <stdio.h>
#include <string.h>

/* About a second of work; a normal policy takes a few hundred instructions for a finding. */
static const uint64_t DEFAULT_INSTRUCTIONS = 100 * 1000 * 1000;
static const size_t DEFAULT_MEMORY = 64 << 20;
static const double DEFAULT_SECONDS = 10;
/* The largest options are whitelists. */
enum { OPTIONS_LIMIT = 8 << 20 };

void tarsier_judge_config_init_size(struct tarsier_judge_config *config, size_t size)
{
	config_clear(config, size);
}

void(tarsier_judge_config_init)(struct tarsier_judge_config *config)
{
	const struct tarsier_allocator *last = &config->allocator; /* the last field of the first version */
	config_clear(config, (size_t)((const char *)(last + 1) - (const char *)config));
}

/* ---- opening ---- */

static const char *copy_or(struct arena *arena, const char *given, const char *otherwise)
{
	return arena_string(arena, given ? given : otherwise);
}

static bool copy_dirs(struct arena *arena, struct tarsier_judge_config *config)
{
	size_t count = 0;
	while (config->policy_dirs && config->policy_dirs[count])
		count++;
	const char **dirs = arena_array(arena, count + 1, sizeof *dirs);
	for (size_t i = 0; dirs && i < count; i++)
		if (!(dirs[i] = arena_string(arena, config->policy_dirs[i])))
			return false;
	config->policy_dirs = dirs;
	return dirs != NULL;
}

static bool copy_config(struct tarsier_judge *judge)
{
	struct tarsier_judge_config *config = &judge->config;
	char today[TODAY_ROOM];
	today_utc(today);
	config->instructions = config->instructions ? config->instructions : DEFAULT_INSTRUCTIONS;
	config->memory = config->memory ? config->memory : DEFAULT_MEMORY;
	config->seconds = config->seconds > 0 ? config->seconds : DEFAULT_SECONDS;
	config->ready_dir = copy_or(&judge->arena, config->ready_dir, TARSIER_LUA_DIR "/tarsier/policies");
	config->lua_dir = copy_or(&judge->arena, config->lua_dir, TARSIER_LUA_DIR);
	config->module_path = copy_or(&judge->arena, config->module_path, "");
	config->today = copy_or(&judge->arena, config->today, today);
	return config->ready_dir && config->lua_dir && config->module_path && config->today &&
	       copy_dirs(&judge->arena, config);
}

static int take_config(struct tarsier_judge_config *whole, const struct tarsier_judge_config *config,
                       struct tarsier_error *error)
{
	int code = config_take(whole, sizeof *whole, config, "tarsier_judge_config", error);
	if (code >= 0 && whole->today && strlen(whole->today) != 10)
		code = error_set(error, TARSIER_USAGE, "tarsier_judge_open: today is '%s': write a date like 2026-11-24",
		                 whole->today);
	return code;
}

int tarsier_judge_open(const struct tarsier_judge_config *config, tarsier_judge **judge, struct tarsier_error *error)
{
	struct tarsier_judge_config whole;
	struct tarsier_error own;
	error = error_or(error, &own);
	*judge = NULL;
	int code = take_config(&whole, config, error);
	if (code < 0)
		return code;
	struct tarsier_judge *opened = memory_resize(&whole.allocator, NULL, 0, sizeof *opened);
	if (!opened)
		return error_memory(error);
	memset(opened, 0, sizeof *opened);
	opened->config = whole;
	arena_init(&opened->arena, &whole.allocator);
	for (size_t i = 0; i < PRELUDE_PARTS; i++)
		buffer_init(&opened->prelude[i], &whole.allocator);
	if (!copy_config(opened)) {
		tarsier_judge_free(opened);
		return error_memory(error);
	}
	*judge = opened;
	return TARSIER_OK;
}

void tarsier_judge_free(tarsier_judge *judge)
{
	if (!judge)
		return;
	struct tarsier_allocator allocator = judge->config.allocator;
	for (size_t i = 0; i < judge->count; i++)
		json_decref(judge->policies[i].options);
	for (size_t i = 0; i < PRELUDE_PARTS; i++)
		buffer_free(&judge->prelude[i]);
	arena_free(&judge->arena);
	memory_resize(&allocator, judge, sizeof *judge, 0);
}

/* ---- adding ---- */

static int parse_options(const char *options, const char *file, json_t **json, struct tarsier_error *error)
{
	*json = NULL;
	if (!options)
		return TARSIER_OK;
	char what[200];
	snprintf(what, sizeof what, "options of policy %s", file);
	int code = json_parse(span_of(options), OPTIONS_LIMIT, what, json, error);
	if (code < 0)
		return code;
	if (json_is_object(*json))
		return TARSIER_OK;
	json_decref(*json);
	*json = NULL;
	return error_set(error, TARSIER_USAGE, "%s: a JSON object is expected", what);
}

/* The names are checked in prelude/declare.lua. */
static unsigned needs_of(const json_t *info)
{
	static const struct { const char *name; unsigned need; } known[] = {
		{"files", TARSIER_NEED_FILES}, {"upgrades", TARSIER_NEED_UPGRADES}, {"secrets", TARSIER_NEED_SECRETS}};
	unsigned needs = 0;
	size_t i;
	json_t *need;
	json_array_foreach(json_object_get(info, "needs"), i, need)
		for (size_t k = 0; k < sizeof known / sizeof *known; k++)
			if (strcmp(json_string_value(need), known[k].name) == 0)
				needs |= known[k].need;
	return needs;
}

unsigned tarsier_judge_needs(const tarsier_judge *judge)
{
	unsigned needs = 0;
	for (size_t i = 0; i < judge->count; i++)
		needs |= judge->policies[i].needs;
	return needs;
}

/* Copies name, summary and needs from the check. Fails with USAGE if another policy has that name. */
static int take_info(tarsier_judge *judge, struct policy *policy, struct tarsier_error *error)
{
	json_t *info;
	int code = policy_describe(judge, policy, &info, error);
	if (code < 0)
		return code;
	policy->name = arena_string(&judge->arena, json_text(info, "name"));
	policy->summary = arena_string(&judge->arena, json_text(info, "summary"));
	policy->needs = needs_of(info);
	json_decref(info);
	if (!policy->name || !policy->summary)
		return error_memory(error);
	for (size_t i = 0; i < judge->count; i++)
		if (strcmp(judge->policies[i].name, policy->name) == 0)
			return error_set(error, TARSIER_USAGE, "policy '%s' is given twice: %s and %s", policy->name,
			                 judge->policies[i].file, policy->file);
	return TARSIER_OK;
}

/* The file's name and the text are in the arena already. */
static int add_policy(tarsier_judge *judge, const char *file, span text, const char *options,
                      struct tarsier_error *error)
{
	struct policy policy = {.file = file, .text = text, .name = "", .summary = ""};
	int code = parse_options(options, file, &policy.options, error);
	if (code >= 0)
		code = take_info(judge, &policy, error);
	struct policy *policies = NULL;
	if (code >= 0) {
		policies = arena_grow(&judge->arena, judge->policies, judge->count, &judge->capacity, sizeof *policies);
		code = policies ? TARSIER_OK : error_memory(error);
	}
	if (code < 0) {
		json_decref(policy.options);
		return code;
	}
	judge->policies = policies;
	judge->policies[judge->count++] = policy;
	return TARSIER_OK;
}

int tarsier_judge_add(tarsier_judge *judge, const char *policy, const char *options, struct tarsier_error *error)
{
	const char *file;
	span text;
	struct tarsier_error own;
	error = error_or(error, &own);
	int code = policy_find(&judge->arena, &judge->config, policy, &file, error);
	if (code >= 0)
		code = policy_read(&judge->arena, file, &text, error);
	return code >= 0 ? add_policy(judge, file, text, options, error) : code;
}

int tarsier_judge_add_text(tarsier_judge *judge, const char *file, const char *text, size_t length, const char *options,
                           struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error_or(error, &own);
	if (length > SANDBOX_TEXT)
		return error_set(error, TARSIER_POLICY, "policy %s: larger than %d KiB", file, SANDBOX_TEXT >> 10);
	const char *name = arena_string(&judge->arena, file), *copy = arena_copy(&judge->arena, text, length);
	if (!name || !copy)
		return error_memory(error);
	return add_policy(judge, name, (span){copy, length}, options, error);
}

/* ---- setting one option ---- */

static struct policy *policy_named(tarsier_judge *judge, span name)
{
	for (size_t i = 0; i < judge->count; i++)
		if (span_is(name, judge->policies[i].name))
			return &judge->policies[i];
	return NULL;
}

static int no_such_policy(tarsier_judge *judge, span name, struct tarsier_error *error)
{
	struct suggestion suggestion = {.typed = name};
	for (size_t i = 0; i < judge->count; i++)
		suggestion_offer(&suggestion, span_of(judge->policies[i].name));
	if (suggestion.word.len)
		return error_set(error, TARSIER_USAGE, "no policy '%.*s' takes part (did you mean '%.*s'?)", SPAN_ARG(name),
		                 SPAN_ARG(suggestion.word));
	return error_set(error, TARSIER_USAGE, "no policy '%.*s' takes part", SPAN_ARG(name));
}

/* Splits "policy.option" and finds the policy. Names of policies may contain dots, names of options do not. */
static int find_option(tarsier_judge *judge, const char *key, struct policy **policy, const char **option,
                       struct tarsier_error *error)
{
	span whole = span_of(key);
	ptrdiff_t dot = span_find_last(whole, '.');
	if (dot <= 0 || (size_t)dot + 1 == whole.len)
		return error_set(error, TARSIER_USAGE, "'%s' names no option: write policy.option, such as threshold.threshold", key);
	*policy = policy_named(judge, (span){key, (size_t)dot});
	if (!*policy)
		return no_such_policy(judge, (span){key, (size_t)dot}, error);
	*option = key + dot + 1;
	return TARSIER_OK;
}

static int add_setting(tarsier_judge *judge, const char *key, const char *value, bool is_json,
                       struct tarsier_error *error)
{
	struct policy *policy;
	const char *option = key;
	int code = find_option(judge, key, &policy, &option, error);
	if (code < 0)
		return code;
	struct setting setting = {arena_string(&judge->arena, option), arena_string(&judge->arena, value), is_json};
	struct setting *settings = arena_grow(&judge->arena, policy->settings, policy->setting_count,
	                                      &policy->setting_capacity, sizeof *settings);
	if (!setting.key || !setting.value || !settings)
		return error_memory(error);
	policy->settings = settings;
	policy->settings[policy->setting_count++] = setting;
	json_t *info;
	code = policy_describe(judge, policy, &info, error);
	if (code < 0)
		policy->setting_count--;
	else
		policy->needs = needs_of(info); /* they may depend on the options */
	json_decref(info);
	return code;
}

int tarsier_judge_set(tarsier_judge *judge, const char *key, const char *value, struct tarsier_error *error)
{
	return add_setting(judge, key, value, false, error);
}

int tarsier_judge_set_json(tarsier_judge *judge, const char *key, const char *json, struct tarsier_error *error)
{
	json_error_t problem;
	if (strlen(json) > OPTIONS_LIMIT)
		return error_set(error, TARSIER_LIMIT, "option %s: larger than %d MiB", key, OPTIONS_LIMIT >> 20);
	json_t *value = json_loads(json, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &problem);
	if (!value)
		return error_set(error, TARSIER_FORMAT, "option %s: line %d column %d: %s", key, problem.line, problem.column,
		                 problem.text);
	json_decref(value);
	return add_setting(judge, key, json, true, error);
}
