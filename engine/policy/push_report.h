/* a report's records as Lua tables, the same for hosts' states and the sandbox */
#ifndef TARSIER_POLICY_PUSH_REPORT_H
#define TARSIER_POLICY_PUSH_REPORT_H

#include "tarsier_policy.h"

#include <lua.h>
#include <stdbool.h>

/* Is it a malicious package: a MAL- record of the OpenSSF, by its own name or as an alias? */
bool finding_is_malicious(const struct tarsier_finding *finding);

/* "unreadable", "no_feed", …; static */
const char *problem_name(enum tarsier_problem_kind kind);

/* Each pushes one fresh table (push_database: nil where the scan had no database). Indexes in Lua count from 1. */
void push_image(lua_State *L, const tarsier_report *report);
void push_packages(lua_State *L, const tarsier_report *report);
void push_package(lua_State *L, const tarsier_report *report, size_t index);
void push_finding(lua_State *L, const tarsier_report *report, size_t index);
/* All of them, in a list. What they have in common is in memory once: reports have findings by the hundred thousand. */
void push_findings(lua_State *L, const tarsier_report *report);
void push_problems(lua_State *L, const tarsier_report *report);
void push_usage(lua_State *L, const tarsier_report *report);
void push_database_info(lua_State *L, const struct tarsier_database_info *info); /* NULL pushes nil */

/* nil, message, "CODE"; returns 3 for `return push_error(L, &error);` */
int push_error(lua_State *L, const struct tarsier_error *error);

/* The config a judge was opened with, defaults filled in. BORROWED from the judge. */
const struct tarsier_judge_config *judge_config(const tarsier_judge *judge);

/* Pushes a verdict's table, as reports read it. */
void policy_push_verdict(lua_State *L, const tarsier_verdict *verdict);
/* Sets decision, reason, policy and trail in the table on top of the stack. */
void policy_push_decision(lua_State *L, const tarsier_verdict *verdict, size_t finding);

/* Pushes what the JSON text holds; nil for "" and for what is not JSON. */
void lua_json_push_text(lua_State *L, const char *text);
/* Pushes the JSON text of the value at `index`, an empty table as an object. FORMAT, naming the field, for what is not plain
 * data, LIMIT, MEMORY; then nothing is pushed. */
int lua_json_text(lua_State *L, int index, struct tarsier_error *error);

#endif
