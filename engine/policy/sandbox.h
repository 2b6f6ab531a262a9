/* a Lua state for untrusted scripts, with a budget */
#ifndef TARSIER_POLICY_SANDBOX_H
#define TARSIER_POLICY_SANDBOX_H

#include "base/error.h"
#include "base/span.h"

#include <lauxlib.h>
#include <lua.h>

/* What a script can do is listed in sandbox_library.c and, for its author's editor, in .luacheckrc. What it may spend
 * is bounded by an allocator that refuses, by a count of VM instructions, and by a monotonic clock. Work that C does
 * for a script is charged as instructions: by the byte of every text that a library function is given, by the element
 * of a table, by the step of a string pattern. A script that exceeds a bound is stopped for good: the state runs
 * nothing after that. This stops accidents and cheap tricks; against an author who looks for holes in Lua itself, use a
 * process. */

enum {
	/* Bytes of one string, table or stack. Lua's own limit on the stack needs 16,000,000, and the work of a single
	 * instruction grows with this. */
	SANDBOX_PIECE = 16 << 20,
	/* Bytes of a script's text; ours have under 12 KiB. */
	SANDBOX_TEXT = 1 << 20,
};

struct sandbox_limits {
	size_t memory;         /* bytes the state may hold */
	uint64_t instructions; /* from one sandbox_budget to the next */
	double seconds;        /* from sandbox_open on */
};

struct sandbox_usage {
	uint64_t instructions;
	size_t memory; /* the maximum held, less what was held when the account began */
	double seconds;
};

struct sandbox {
	lua_State *L;
	struct tarsier_allocator allocator;
	struct sandbox_limits limits;
	size_t held, peak, base;
	size_t unwatched;        /* bytes allocated since the clock was last read */
	size_t largest;          /* the largest piece ever held */
	int interval;            /* instructions between two calls of the hook; fewer where pieces are large */
	bool is_refused;         /* a request exceeded the memory limit */
	uint64_t spent;
	int64_t begun, deadline; /* nanoseconds of the monotonic clock */
	const char *stopped;     /* why it was stopped; NULL while it may run. Static. */
	char place[80];          /* where it was stopped: "strict.lua:12: " */
	void *locale;            /* the C locale, so that scripts give the same answers everywhere */
};

/* Opens a state without any global. Allocator NULL: malloc. The sandbox must not move in memory until it is closed. */
int sandbox_open(struct sandbox *sandbox, const struct sandbox_limits *limits,
                 const struct tarsier_allocator *allocator, struct tarsier_error *error);
void sandbox_close(struct sandbox *sandbox); /* a zeroed one is fine */

/* Runs `body`, which gets `argument` as its only argument, a light userdata, and leaves nothing. Everything that
 * touches L happens in such a body, so that no Lua error escapes. Fails with POLICY and Lua's message, or the bound
 * that was exceeded; with MEMORY. */
int sandbox_run(struct sandbox *sandbox, lua_CFunction body, void *argument, struct tarsier_error *error);

/* Begins a new account of instructions and memory, which sandbox_usage reads. */
void sandbox_budget(struct sandbox *sandbox);
struct sandbox_usage sandbox_usage(const struct sandbox *sandbox);

/* ---- inside a body ---- */

/* Takes `cost` instructions off the budget, for work that C does in one call. Raises if the budget is used up. */
void sandbox_charge(lua_State *L, uint64_t cost);

/* The same for work on that many bytes. */
void sandbox_charge_bytes(lua_State *L, uint64_t bytes);

/* Takes `cost` instructions off the budget. Returns false, and raises nothing, if the sandbox must stop: for loops that
 * own memory outside of the state. The next charge raises. */
bool sandbox_may_go_on(lua_State *L, uint64_t cost);

/* Pushes the function that `text` compiles to, source text only, or raises. `chunk` is "@name" for a script, "=name"
 * for our own. */
void sandbox_load(lua_State *L, span text, const char *chunk);

/* sandbox_library.c: opens the libraries that scripts may use and pushes two tables: everything allowed, by name (base
 * functions, and a table for each library), and the few functions that only the prelude may have. */
void sandbox_open_libraries(lua_State *L);

/* sandbox_pattern.c: find, match, gmatch and gsub with Lua's patterns, charged by the step. */
extern const luaL_Reg sandbox_pattern_functions[];

#endif
