/* pushes a verdict as the Lua tables that reports use */
#include "policy/policy.h"

#include "policy/lua_json.h"
#include "policy/lua_table.h"

#include <lauxlib.h>

/* Sets the field `key` to the value of the JSON text; leaves it nil for "". */
static void set_json(lua_State *L, const char *key, const char *text)
{
	lua_json_push_text(L, text);
	lua_setfield(L, -2, key);
}

static void push_word(lua_State *L, const struct tarsier_word *word)
{
	lua_createtable(L, 0, 4);
	table_set_text(L, "policy", word->policy);
	table_set_text(L, "hook", word->hook);
	table_set_text(L, "decision", tarsier_decision_name(word->decision));
	if (*word->reason)
		table_set_text(L, "reason", word->reason);
}

static void set_words(lua_State *L, const struct tarsier_word *words, size_t count)
{
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		push_word(L, &words[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "trail");
}

void policy_push_decision(lua_State *L, const tarsier_verdict *verdict, size_t finding)
{
	const struct tarsier_decided *decided = &verdict->findings[finding];
	luaL_checkstack(L, 8, "decision");
	set_words(L, decided->words, decided->count);
	if (!decided->count)
		return;
	const struct tarsier_word *last = &decided->words[decided->count - 1];
	table_set_text(L, "decision", tarsier_decision_name(last->decision));
	table_set_text(L, "policy", last->policy);
	if (*last->reason)
		table_set_text(L, "reason", last->reason);
}

static void push_tally(lua_State *L, const tarsier_verdict *verdict)
{
	lua_createtable(L, 0, 7);
	for (int d = TARSIER_UNDECIDED; d <= TARSIER_FAIL; d++)
		table_set_count(L, tarsier_decision_name((enum tarsier_decision)d), verdict->tally[d]);
	table_set_count(L, "total", verdict->finding_count);
	lua_createtable(L, 0, 7);
	for (int s = TARSIER_SEVERITY_UNKNOWN; s <= TARSIER_SEVERITY_DEFCON1; s++)
		table_set_count(L, tarsier_severity_name((enum tarsier_severity)s), verdict->severities[s]);
	lua_setfield(L, -2, "severity");
}

static void push_use(lua_State *L, const struct tarsier_policy_use *use)
{
	lua_createtable(L, 0, 3);
	table_set_count(L, "instructions", use->instructions);
	table_set_count(L, "memory", use->memory);
	lua_pushnumber(L, use->seconds);
	lua_setfield(L, -2, "seconds");
}

static void push_policies(lua_State *L, const tarsier_verdict *verdict)
{
	lua_createtable(L, (int)verdict->policy_count, 0);
	for (size_t i = 0; i < verdict->policy_count; i++) {
		const struct tarsier_policy_use *use = &verdict->policies[i];
		lua_createtable(L, 0, 6);
		table_set_text(L, "name", use->name);
		table_set_text(L, "summary", use->summary);
		table_set_text(L, "file", use->file);
		set_json(L, "options", use->options);
		set_json(L, "details", use->details);
		push_use(L, use);
		lua_setfield(L, -2, "usage");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* verdict.whitelist: the details of the policy of that name. */
static void set_whitelist(lua_State *L, const tarsier_verdict *verdict)
{
	for (size_t i = 0; i < verdict->policy_count; i++)
		if (span_is(SPAN("whitelist"), verdict->policies[i].name))
			set_json(L, "whitelist", verdict->policies[i].details);
}

void policy_push_verdict(lua_State *L, const tarsier_verdict *verdict)
{
	luaL_checkstack(L, 12, "verdict");
	lua_createtable(L, 0, 7);
	bool passes = verdict->decision == TARSIER_UNDECIDED;
	table_set_text(L, "decision", passes ? "pass" : tarsier_decision_name(verdict->decision));
	lua_pushboolean(L, verdict->decision != TARSIER_FAIL);
	lua_setfield(L, -2, "pass");
	lua_newtable(L);
	for (lua_Integer i = 0; verdict->reasons[i]; i++) {
		lua_pushstring(L, verdict->reasons[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, "reasons");
	push_tally(L, verdict);
	lua_setfield(L, -2, "tally");
	set_words(L, verdict->trail, verdict->trail_count);
	push_policies(L, verdict);
	lua_setfield(L, -2, "policies");
	set_whitelist(L, verdict);
}
