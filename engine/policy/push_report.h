/* a report's records as Lua tables, the same for hosts' states and the sandbox */
#ifndef TARSIER_POLICY_PUSH_REPORT_H
#define TARSIER_POLICY_PUSH_REPORT_H

#include "tarsier.h"

#include <lua.h>

/* Each pushes one fresh table (push_database: nil where the scan had no database). Indexes in Lua count from 1. */
void push_image(lua_State *L, const tarsier_report *report);
void push_packages(lua_State *L, const tarsier_report *report);
void push_package(lua_State *L, const tarsier_report *report, size_t index);
void push_finding(lua_State *L, const tarsier_report *report, size_t index);
void push_problems(lua_State *L, const tarsier_report *report);
void push_usage(lua_State *L, const tarsier_report *report);
void push_database_info(lua_State *L, const struct tarsier_database_info *info); /* NULL pushes nil */

/* nil, message, "CODE"; returns 3 for `return push_error(L, &error);` */
int push_error(lua_State *L, const struct tarsier_error *error);

#endif
