/* one judgement while it runs; internal to run.c and host.c */
#ifndef TARSIER_POLICY_RUN_H
#define TARSIER_POLICY_RUN_H

#include "policy/policy.h"

enum where { NOWHERE, AT_IMAGE, AT_FINDING, AT_VERDICT };

/* "image", "finding", "verdict"; "" of NOWHERE. */
extern const char *const policy_hook_names[];

/* The key in the registry of the metatable of findings that are not whole. */
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
	size_t position;               /* of the policy that is running */
	enum where where;              /* for messages */
	size_t finding;
	size_t example;
	json_t *told;                  /* what a body returned as data; owned */
	struct tarsier_error failure;  /* a failure in a body that is not Lua's; code 0: none */
};

/* host.c: what the prelude may call; each has a struct run as its upvalue. */
extern const luaL_Reg policy_host_functions[];

#endif
