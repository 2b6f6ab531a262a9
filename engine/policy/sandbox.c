#include "policy/sandbox.h"

#include <lauxlib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	/* Instructions between two readings of the clock: at 100, reading it takes under 1 % of the time. */
	HOOK_INTERVAL = 100,
	/* One instruction may process a whole piece: comparing two strings of NUL bytes takes 20 ns for each byte. The
	 * interval gets shorter when pieces are larger than this, so that it stays at about 0.1 s. */
	HOOK_PIECE = 64 << 10,
	/* Instructions charged for C work between two readings of the clock. */
	CHARGE_INTERVAL = 1000,
	/* Bytes allocated between two readings of the clock: concatenating large strings takes few but slow instructions.
	 * Each piece larger than LARGE_PIECE costs instructions by its size, because fresh pages are expensive on a virtual
	 * machine. */
	WATCHED_BYTES = 2 << 20,
	LARGE_PIECE = 1024,
	BYTES_PER_INSTRUCTION = 16,
	/* Bytes of source text compiled between two readings of the clock: a chain of `elseif` takes quadratic time. */
	LOAD_PIECE = 4096,
};

static const char STOPPED_TIME[] = "it took more time than it may";
static const char STOPPED_INSTRUCTIONS[] = "it ran more instructions than it may";
static const char STOPPED_MEMORY[] = "it needed more memory than it may";

static int64_t clock_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static struct sandbox *sandbox_of(lua_State *L)
{
	void *sandbox;
	lua_getallocf(L, &sandbox);
	return sandbox;
}

/* ---- memory ---- */

static bool is_late(struct sandbox *sandbox, size_t more)
{
	sandbox->unwatched += more;
	if (sandbox->unwatched < WATCHED_BYTES)
		return false;
	sandbox->unwatched = 0;
	return clock_now() > sandbox->deadline;
}

/* Stores the script's current line, for messages. Does not allocate. */
static void note_place(struct sandbox *sandbox)
{
	lua_Debug debug;
	for (int level = 0; sandbox->L && lua_getstack(sandbox->L, level, &debug); level++)
		if (lua_getinfo(sandbox->L, "Sl", &debug) && debug.currentline > 0 && debug.source[0] == '@') {
			snprintf(sandbox->place, sizeof sandbox->place, "%s:%d: ", debug.short_src, debug.currentline);
			return;
		}
}

static void l_hook(lua_State *L, lua_Debug *debug);

static void note_piece(struct sandbox *sandbox, size_t size)
{
	if (size <= sandbox->largest)
		return;
	sandbox->largest = size;
	size_t interval = size > HOOK_PIECE ? (size_t)HOOK_INTERVAL * HOOK_PIECE / size : HOOK_INTERVAL;
	sandbox->interval = interval ? (int)interval : 1;
	if (sandbox->L && !sandbox->stopped)
		lua_sethook(sandbox->L, l_hook, LUA_MASKCOUNT, sandbox->interval);
}

/* After a refusal Lua collects its garbage and asks again. A script close to the limit causes this constantly, so the
 * clock is also read here. */
static bool refuse(struct sandbox *sandbox)
{
	if (!sandbox->stopped && clock_now() > sandbox->deadline)
		sandbox->stopped = STOPPED_TIME;
	note_place(sandbox);
	sandbox->is_refused = true;
	return false;
}

static bool may_grow(struct sandbox *sandbox, size_t old_size, size_t new_size)
{
	size_t more = new_size - old_size;
	if (sandbox->stopped == STOPPED_TIME)
		return false;
	if (new_size > SANDBOX_PIECE || more > sandbox->limits.memory || sandbox->held > sandbox->limits.memory - more)
		return refuse(sandbox);
	if (more > LARGE_PIECE)
		sandbox->spent += more / BYTES_PER_INSTRUCTION;
	if (!sandbox->stopped && is_late(sandbox, more))
		sandbox->stopped = STOPPED_TIME;
	note_piece(sandbox, new_size);
	return sandbox->stopped != STOPPED_TIME;
}

/* A lua_Alloc. For a fresh block Lua passes the kind of object as `old_size`. Lua requires that shrinking never
 * fails. */
static void *l_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	struct sandbox *sandbox = user;
	if (!ptr)
		old_size = 0;
	if (new_size > old_size && !may_grow(sandbox, old_size, new_size))
		return NULL;
	void *moved = new_size || ptr ? memory_resize(&sandbox->allocator, ptr, old_size, new_size) : NULL;
	if (new_size && !moved)
		return NULL;
	sandbox->held = sandbox->held - old_size + new_size;
	if (sandbox->held > sandbox->peak)
		sandbox->peak = sandbox->held;
	return moved;
}

/* ---- instructions and time ---- */

/* From now on every instruction raises again. */
static void stop(lua_State *L, struct sandbox *sandbox, const char *why)
{
	if (!sandbox->stopped)
		note_place(sandbox);
	sandbox->stopped = why;
	lua_sethook(L, l_hook, LUA_MASKCOUNT, 1);
	luaL_error(L, "%s", why);
}

static void look(lua_State *L, struct sandbox *sandbox)
{
	if (sandbox->stopped)
		stop(L, sandbox, sandbox->stopped);
	if (sandbox->spent > sandbox->limits.instructions)
		stop(L, sandbox, STOPPED_INSTRUCTIONS);
	if (clock_now() > sandbox->deadline)
		stop(L, sandbox, STOPPED_TIME);
}

static void l_hook(lua_State *L, lua_Debug *debug)
{
	(void)debug;
	struct sandbox *sandbox = sandbox_of(L);
	sandbox->spent += (uint64_t)sandbox->interval;
	look(L, sandbox);
}

void sandbox_charge(lua_State *L, uint64_t cost)
{
	struct sandbox *sandbox = sandbox_of(L);
	uint64_t spent = sandbox->spent + cost < cost ? UINT64_MAX : sandbox->spent + cost;
	bool is_due = spent / CHARGE_INTERVAL != sandbox->spent / CHARGE_INTERVAL;
	sandbox->spent = spent;
	if (is_due)
		look(L, sandbox);
}

void sandbox_charge_bytes(lua_State *L, uint64_t bytes)
{
	sandbox_charge(L, bytes / BYTES_PER_INSTRUCTION);
}

bool sandbox_may_go_on(lua_State *L, uint64_t cost)
{
	struct sandbox *sandbox = sandbox_of(L);
	sandbox->spent = sandbox->spent + cost < cost ? UINT64_MAX : sandbox->spent + cost;
	if (!sandbox->stopped && clock_now() > sandbox->deadline)
		sandbox->stopped = STOPPED_TIME;
	return !sandbox->stopped && sandbox->spent <= sandbox->limits.instructions;
}

void sandbox_budget(struct sandbox *sandbox)
{
	sandbox->spent = 0;
	sandbox->peak = sandbox->base = sandbox->held;
	sandbox->begun = clock_now();
	lua_sethook(sandbox->L, l_hook, LUA_MASKCOUNT, sandbox->interval);
}

struct sandbox_usage sandbox_usage(const struct sandbox *sandbox)
{
	return (struct sandbox_usage){
		.instructions = sandbox->spent,
		.memory = sandbox->peak - sandbox->base,
		.seconds = (double)(clock_now() - sandbox->begun) / 1e9,
	};
}

/* ---- running ---- */

static int64_t deadline_after(double seconds)
{
	const double longest = 1e6; /* eleven days: no overflow below */
	return clock_now() + (int64_t)((seconds < longest ? seconds : longest) * 1e9);
}

int sandbox_open(struct sandbox *sandbox, const struct sandbox_limits *limits,
                 const struct tarsier_allocator *allocator, struct tarsier_error *error)
{
	memset(sandbox, 0, sizeof *sandbox);
	sandbox->limits = *limits;
	if (allocator)
		sandbox->allocator = *allocator;
	sandbox->interval = HOOK_INTERVAL;
	sandbox->deadline = deadline_after(limits->seconds);
	sandbox->locale = newlocale(LC_ALL_MASK, "C", NULL);
	sandbox->L = sandbox->locale ? lua_newstate(l_resize, sandbox) : NULL;
	if (!sandbox->L) {
		sandbox_close(sandbox);
		return error_set(error, TARSIER_MEMORY, "no memory for a Lua state");
	}
	sandbox_budget(sandbox);
	return TARSIER_OK;
}

void sandbox_close(struct sandbox *sandbox)
{
	if (sandbox->L)
		lua_close(sandbox->L);
	if (sandbox->locale)
		freelocale(sandbox->locale);
	sandbox->L = NULL;
	sandbox->locale = NULL;
}

/* Replaces an error object that is not text with a text that says so. */
static int l_message(lua_State *L)
{
	if (lua_type(L, 1) != LUA_TSTRING)
		lua_pushfstring(L, "error() was called with a %s instead of a message", luaL_typename(L, 1));
	return 1;
}

static int run_failed(struct sandbox *sandbox, int status, struct tarsier_error *error)
{
	bool is_text = lua_type(sandbox->L, -1) == LUA_TSTRING;
	const char *text = is_text ? lua_tostring(sandbox->L, -1) : "an error without a message";
	if (status == LUA_ERRMEM && !sandbox->stopped)
		sandbox->stopped = STOPPED_MEMORY;
	if (sandbox->stopped == STOPPED_MEMORY && !sandbox->is_refused)
		return error_memory(error); /* the host's memory, not the script's budget */
	if (!sandbox->stopped)
		error_set(error, TARSIER_POLICY, "%s", text);
	else if (sandbox->stopped == STOPPED_TIME)
		error_set(error, TARSIER_POLICY, "%s%s (%.3g s for all policies)", sandbox->place, STOPPED_TIME,
		          sandbox->limits.seconds);
	else if (sandbox->stopped == STOPPED_INSTRUCTIONS)
		error_set(error, TARSIER_POLICY, "%s%s (%.0f)", sandbox->place, STOPPED_INSTRUCTIONS,
		          (double)sandbox->limits.instructions);
	else
		error_set(error, TARSIER_POLICY, "%s%s (%.4g MiB in all, %d MiB in one piece)", sandbox->place, STOPPED_MEMORY,
		          (double)sandbox->limits.memory / (1 << 20), SANDBOX_PIECE >> 20);
	return TARSIER_POLICY;
}

int sandbox_run(struct sandbox *sandbox, lua_CFunction body, void *argument, struct tarsier_error *error)
{
	lua_State *L = sandbox->L;
	locale_t before = uselocale(sandbox->locale);
	lua_settop(L, 0); /* the next steps do not allocate, so they cannot raise */
	lua_pushcfunction(L, l_message);
	lua_pushcfunction(L, body);
	lua_pushlightuserdata(L, argument);
	int status = lua_pcall(L, 1, 0, 1);
	uselocale(before);
	return status == LUA_OK && !sandbox->stopped ? TARSIER_OK : run_failed(sandbox, status, error);
}

/* ---- loading ---- */

static const char *l_read(lua_State *L, void *user, size_t *size)
{
	span *rest = user;
	const char *piece = rest->ptr;
	look(L, sandbox_of(L));
	*size = rest->len < LOAD_PIECE ? rest->len : LOAD_PIECE;
	sandbox_charge_bytes(L, *size);
	*rest = span_from(*rest, *size);
	return *size ? piece : NULL;
}

void sandbox_load(lua_State *L, span text, const char *chunk)
{
	if (lua_load(L, l_read, &text, chunk, "t") != LUA_OK)
		lua_error(L);
}
