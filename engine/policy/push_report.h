/* pushes a report's records as Lua tables, for hosts' states and the sandbox */
#ifndef TARSIER_POLICY_PUSH_REPORT_H
#define TARSIER_POLICY_PUSH_REPORT_H

#include "tarsier_policy.h"

#include <lua.h>
#include <stdbool.h>

/* "unreadable", "no_feed", …; static */
const char *problem_name(enum tarsier_problem_kind kind);

/* Each pushes one fresh table (push_database pushes nil if the scan had no database). Indexes in Lua count from 1. */
void push_image(lua_State *L, const tarsier_report *report);
void push_packages(lua_State *L, const tarsier_report *report);
void push_package(lua_State *L, const tarsier_report *report, size_t index);
void push_finding(lua_State *L, const tarsier_report *report, size_t index);
/* Push all of them in a list. Common parts are stored once, because reports may have hundreds of thousands of
 * findings. */
void push_findings(lua_State *L, const tarsier_report *report);
void push_problems(lua_State *L, const tarsier_report *report);
void push_usage(lua_State *L, const tarsier_report *report);
void push_database_info(lua_State *L, const struct tarsier_database_info *info); /* NULL pushes nil */

/* Returns the risk of the finding at `index`, a table, by the weights in the table at `weights`: { severity, exploitation,
 * fix, own }, each of which may be absent, as may the table. Raises unless they are numbers. */
double lua_risk(lua_State *L, int index, int weights);

/* Pushes nil, message, "CODE" and returns 3: `return push_error(L, &error);` */
int push_error(lua_State *L, const struct tarsier_error *error);

/* Returns the config that the judge was opened with, with defaults. Borrowed from the judge. */
const struct tarsier_judge_config *judge_config(const tarsier_judge *judge);

/* Pushes a verdict's table in the form that reports use. */
void policy_push_verdict(lua_State *L, const tarsier_verdict *verdict);
/* Sets decision, reason, policy and trail in the table on top of the stack. */
void policy_push_decision(lua_State *L, const tarsier_verdict *verdict, size_t finding);

/* Pushes the value of the JSON text; nil for "" and for invalid JSON. */
void lua_json_push_text(lua_State *L, const char *text);
/* Pushes the JSON text of the value at `index`; an empty table becomes an object. Pushes nothing if it fails: with
 * FORMAT, naming the field, if the value is not plain data, with LIMIT or MEMORY. */
int lua_json_text(lua_State *L, int index, struct tarsier_error *error);

#endif
