/* a Lua state for scripts nobody vouches for, with a budget */
#ifndef TARSIER_POLICY_SANDBOX_H
#define TARSIER_POLICY_SANDBOX_H

#include "base/error.h"
#include "base/span.h"

#include <lauxlib.h>
#include <lua.h>

/* What a script can do is listed in sandbox_library.c and, for its author's editor, in .luacheckrc. What it may spend
 * is bounded four ways: by an allocator that refuses, by a count of VM instructions, by a monotonic clock, and by a
 * count of the steps its string patterns take. Whoever exceeds one is stopped for good: the state runs nothing any
 * more. This stops accidents and cheap tricks; against an author who looks for holes in Lua itself, use a process. */

enum {
	/* One string, table or stack: Lua's own limit on the stack needs 16,000,000 bytes, and what a single instruction
	 * can do before the clock is looked at again grows with this. */
	SANDBOX_PIECE = 16 << 20,
	/* A policy's text; ours are under 10 KiB. */
	SANDBOX_TEXT = 1 << 20,
};

struct sandbox_limits {
	size_t memory;         /* bytes the state may hold */
	uint64_t instructions; /* from one sandbox_budget to the next */
	double seconds;        /* from sandbox_open on */
};

struct sandbox_usage {
	uint64_t instructions;
	size_t memory; /* the most that was held beyond what was held when the account began */
	double seconds;
};

struct sandbox {
	lua_State *L;
	struct tarsier_allocator allocator;
	struct sandbox_limits limits;
	size_t held, peak, base;
	size_t unwatched; /* bytes allocated since the clock was last looked at */
	bool is_refused;         /* memory over the limit was asked for */
	uint64_t spent;
	int64_t begun, deadline; /* nanoseconds of the monotonic clock */
	const char *stopped;     /* why it was stopped; NULL while it may run. Static. */
	char place[80];          /* where that was: "strict.lua:12: " */
	void *locale;            /* the C locale: scripts give the same answers everywhere */
};

/* A state without any global. Allocator NULL: malloc. The sandbox may not move in memory until it is closed. */
int sandbox_open(struct sandbox *sandbox, const struct sandbox_limits *limits,
                 const struct tarsier_allocator *allocator, struct tarsier_error *error);
void sandbox_close(struct sandbox *sandbox); /* a zeroed one is fine */

/* Runs `body`, which finds `argument` as its only argument, a light userdata, and leaves nothing. Everything that
 * touches L happens in such a body, so that no Lua error escapes. POLICY with Lua's message, or with what was
 * exceeded; MEMORY. */
int sandbox_run(struct sandbox *sandbox, lua_CFunction body, void *argument, struct tarsier_error *error);

/* Begins a new account of instructions, memory and time, which sandbox_usage reads. */
void sandbox_budget(struct sandbox *sandbox);
struct sandbox_usage sandbox_usage(const struct sandbox *sandbox);

/* ---- inside a body ---- */

/* Takes `cost` instructions' worth off the budget, for what C does in one go; does not return when that is used up. */
void sandbox_charge(lua_State *L, uint64_t cost);

/* Pushes the function that `text` compiles to, text only, or raises. `chunk` is "@name" for a script, "=name" for
 * what we vouch for. */
void sandbox_load(lua_State *L, span text, const char *chunk);

/* sandbox_library.c: opens what scripts may use, so that no road leads to the rest, and pushes two tables: all that is
 * allowed by name (base functions, and a table a library), and the few that only the prelude may have. */
void sandbox_open_libraries(lua_State *L);

/* sandbox_pattern.c: find, match, gmatch and gsub with Lua's patterns, charged by the step. */
extern const luaL_Reg sandbox_pattern_functions[];

#endif
