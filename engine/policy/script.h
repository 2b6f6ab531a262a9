/* a Lua file that returns a table, for the sandbox: a reader, a feed */
#ifndef TARSIER_POLICY_SCRIPT_H
#define TARSIER_POLICY_SCRIPT_H

#include "policy/sandbox.h"

struct script {
	const char *kind, *file;     /* "reader"; the strings lie in the arena */
	span text;
};

/* Fails with NOT_FOUND and names the kind. `kind` is static. */
int script_read(struct arena *arena, const char *kind, const char *file, struct script *script, struct tarsier_error *error);

/* ---- inside a body of the sandbox ---- */

/* Pushes the table that the script returns, or raises. Scripts have the functions that policies have, and nothing else. */
void script_push(lua_State *L, const struct script *script);
/* Pushes a text field of the table at `index` and returns it: NULL if it is absent. Raises if it is of another type. */
const char *script_field(lua_State *L, int index, const char *key);
/* The same for a field that must be there. */
const char *script_name(lua_State *L, int index);
/* Pushes a field that must be a function, or raises. */
void script_function(lua_State *L, int index, const char *key);

#endif
