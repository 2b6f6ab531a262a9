/* one judgement while it runs, as its parts see it */
#ifndef TARSIER_POLICY_RUN_H
#define TARSIER_POLICY_RUN_H

#include "policy/policy.h"

enum where { NOWHERE, AT_IMAGE, AT_FINDING, AT_VERDICT };

/* "image", "finding", "verdict"; "" of NOWHERE. */
extern const char *const policy_hook_names[];

/* Where the registry has the metatable of findings that are not whole. */
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
	size_t position;               /* the policy that is being run */
	enum where where;              /* for messages */
	size_t finding;
	size_t example;
	json_t *told;                  /* what a body learned; owned */
	struct tarsier_error failure;  /* what went wrong in a body beside Lua; code 0: nothing */
};

/* host.c: what the prelude may call; each has a struct run as its upvalue. */
extern const luaL_Reg policy_host_functions[];

#endif
