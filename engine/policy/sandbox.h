/* a Lua state with a budget, for untrusted scripts */
#ifndef TARSIER_POLICY_SANDBOX_H
#define TARSIER_POLICY_SANDBOX_H

#include "base/error.h"
#include "base/span.h"

#include <lauxlib.h>
#include <lua.h>

/* sandbox_library.c lists what a script can call; .luacheckrc lists the same for its author's editor. An allocator with
 * a limit, a count of VM instructions and a monotonic clock bound its use of resources. Work that C does for a script
 * is charged as instructions: by the byte of every text given to a library function, by the element of a table, by the
 * step of a string pattern. A script that exceeds a bound is stopped for good: the state runs nothing afterwards. This
 * stops mistakes and simple attacks. Against an author who looks for holes in Lua itself, use a process. */

enum {
	/* Bytes of one string, table or stack. Lua's own limit on the stack needs 16,000,000. A larger value makes single
	 * instructions slower. */
	SANDBOX_PIECE = 16 << 20,
	/* Bytes of a script's text; the largest of our own has 12 KiB. */
	SANDBOX_TEXT = 1 << 20,
};

struct sandbox_limits {
	size_t memory;         /* bytes that the state may hold */
	uint64_t instructions; /* between two calls of sandbox_budget */
	double seconds;        /* since sandbox_open */
};

struct sandbox_usage {
	uint64_t instructions;
	size_t memory; /* the maximum held, minus the memory held when the account began */
	double seconds;
};

struct sandbox {
	lua_State *L;
	struct tarsier_allocator allocator;
	struct sandbox_limits limits;
	size_t held, peak, base;
	size_t unwatched;        /* bytes allocated since the clock was last read */
	size_t largest;          /* the largest piece ever held */
	int interval;            /* instructions between two calls of the hook; fewer if pieces are large */
	bool is_refused;         /* a request exceeded the memory limit */
	uint64_t spent;
	int64_t begun, deadline; /* nanoseconds of the monotonic clock */
	const char *stopped;     /* why it was stopped; NULL while it may run. Static */
	char place[80];          /* where it was stopped: "strict.lua:12: " */
	void *locale;            /* the C locale, so that scripts give the same results everywhere */
};

/* Opens a state without globals. Allocator NULL: malloc. The sandbox must not move in memory until it is closed. */
int sandbox_open(struct sandbox *sandbox, const struct sandbox_limits *limits,
                 const struct tarsier_allocator *allocator, struct tarsier_error *error);
void sandbox_close(struct sandbox *sandbox); /* a zeroed one is allowed */

/* Runs `body` with `argument`, a light userdata, as its only argument; it leaves nothing on the stack. All uses of L
 * must be in such a body, so that no Lua error escapes. Fails with POLICY and Lua's message, or the exceeded bound;
 * with MEMORY. */
int sandbox_run(struct sandbox *sandbox, lua_CFunction body, void *argument, struct tarsier_error *error);

/* Starts a new account of instructions and memory, which sandbox_usage reads. */
void sandbox_budget(struct sandbox *sandbox);
struct sandbox_usage sandbox_usage(const struct sandbox *sandbox);

/* ---- inside a body ---- */

/* Charges `cost` instructions for work that C does in one call. Raises if the budget is used up. */
void sandbox_charge(lua_State *L, uint64_t cost);

/* The same for work on that many bytes. */
void sandbox_charge_bytes(lua_State *L, uint64_t bytes);

/* Charges `cost` instructions. Returns false, without raising, if the sandbox must stop: for loops that own memory
 * outside the state. The next charge raises. */
bool sandbox_may_go_on(lua_State *L, uint64_t cost);

/* Compiles `text`, source text only, and pushes the function, or raises. `chunk` is "@name" for a script, "=name" for
 * our own. */
void sandbox_load(lua_State *L, span text, const char *chunk);

/* sandbox_library.c: opens the libraries for scripts and pushes two tables: all allowed functions by name (base
 * functions, and a table for each library), and the few functions for the prelude only. */
void sandbox_open_libraries(lua_State *L);

/* sandbox_pattern.c: find, match, gmatch and gsub with Lua's patterns, charged by the step. */
extern const luaL_Reg sandbox_pattern_functions[];

#endif
