/* one running judgement; internal to run.c and host.c */
#ifndef TARSIER_POLICY_RUN_H
#define TARSIER_POLICY_RUN_H

#include "policy/policy.h"

enum where { NOWHERE, AT_IMAGE, AT_FINDING, AT_VERDICT };

/* Returns "image", "finding" or "verdict"; "" for NOWHERE. */
extern const char *const policy_hook_names[];

/* The registry key of the metatable of incomplete findings. */
#define POLICY_LIGHT "light"

#define NO_FINDING SIZE_MAX

/* One judgement, or one check. */
struct run {
	struct sandbox sandbox;
	tarsier_judge *judge;
	struct policy *policies;
	size_t count;
	const struct subject *subject; /* NULL in checks and examples */
	struct verdict *verdict;       /* likewise */
	size_t position;               /* of the running policy */
	enum where where;              /* for messages */
	size_t finding;
	size_t example;
	json_t *told;                  /* data that a body returned; owned */
	struct tarsier_error failure;  /* a failure outside Lua; code 0: none */
};

/* prelude.c: runs a part of the prelude with the table on top of the stack. */
void prelude_run(lua_State *L, tarsier_judge *judge, size_t part);

/* host.c: the functions for the prelude; each has a struct run as its upvalue. */
extern const luaL_Reg policy_host_functions[];

#endif
