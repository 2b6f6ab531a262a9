/* floor 2: registry_login.h, registry_helper.h */
#include "net/registry_helper.h"

#include "probe.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int probe_registry_login(lua_State *L);

/* The variables that decide, and what a test may set; all others stay. */
static const char *const variables[] = {"DOCKER_AUTH_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR",
                                        "XDG_CONFIG_HOME", "DOCKER_CONFIG", "HOME", "PATH"};
enum { COUNT = sizeof variables / sizeof *variables };

/* Takes the place of each variable by the table's field, or by nothing; keeps the old ones. */
static void enter(lua_State *L, int index, char **old)
{
	for (size_t i = 0; i < COUNT; i++) {
		const char *value = getenv(variables[i]);
		old[i] = value ? strdup(value) : NULL;
		lua_getfield(L, index, variables[i]);
		if (lua_isstring(L, -1))
			setenv(variables[i], lua_tostring(L, -1), 1);
		else
			unsetenv(variables[i]);
		lua_pop(L, 1);
	}
}

static void leave(char **old)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (old[i])
			setenv(variables[i], old[i], 1);
		else
			unsetenv(variables[i]);
		free(old[i]);
	}
}

static void push_login(lua_State *L, const struct registry_login *login)
{
	lua_newtable(L);
	lua_pushstring(L, login->user);
	lua_setfield(L, -2, "user");
	lua_pushstring(L, login->password);
	lua_setfield(L, -2, "password");
	lua_pushstring(L, login->identity_token);
	lua_setfield(L, -2, "identity_token");
	lua_pushstring(L, login->registry_token);
	lua_setfield(L, -2, "registry_token");
}

static int result(lua_State *L, int code, const struct registry_login *login, const struct tarsier_error *error)
{
	if (code < 0)
		return probe_fail(L, error);
	return push_login(L, login), 1;
}

/* find(domain, path, environment [, limit of memory]) --> a login: { user, password, identity_token, registry_token } */
static int l_find(lua_State *L)
{
	const char *domain = luaL_checkstring(L, 1), *path = luaL_checkstring(L, 2);
	luaL_checktype(L, 3, LUA_TTABLE);
	char *old[COUNT];
	struct arena arena;
	struct registry_login login;
	struct tarsier_error error = {0, ""};
	arena_init(&arena, NULL);
	arena.limit = (size_t)luaL_optinteger(L, 4, 0);
	enter(L, 3, old);
	int code = registry_login_find(&arena, domain, path, &login, &error);
	leave(old);
	int count = result(L, code, &login, &error);
	arena_free(&arena);
	return count;
}

/* Ignores SIGCHLD, or ignores and blocks SIGPIPE, as hosts do. */
static void set_signals(int signal, struct sigaction *old)
{
	struct sigaction action = {.sa_handler = SIG_IGN};
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	if (signal)
		sigaction(signal, &action, old);
	if (signal == SIGPIPE)
		sigprocmask(SIG_BLOCK, &set, NULL);
}

static void reset_signals(int signal, const struct sigaction *old)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	if (signal)
		sigaction(signal, old, NULL);
	if (signal == SIGPIPE)
		sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* What this process keeps of a helper that has ended is a child to wait for: there must be none. */
static bool has_child(void)
{
	siginfo_t info;
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

/* ask(name, address, milliseconds, environment [, how]) --> login, has a child left
 * how: "ignore" SIGCHLD, no SIG"pipe", "closed" standard input and output */
static int l_ask(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1), *address = luaL_checkstring(L, 2), *how = luaL_optstring(L, 5, "");
	unsigned timeout = (unsigned)luaL_checkinteger(L, 3);
	luaL_checktype(L, 4, LUA_TTABLE);
	bool closed = strcmp(how, "closed") == 0;
	int open_files = probe_open_files();
	int signal = strcmp(how, "ignore") == 0 ? SIGCHLD : strcmp(how, "pipe") == 0 ? SIGPIPE : 0;
	int in = closed ? dup(0) : -1, out = closed ? dup(1) : -1;
	char *old[COUNT];
	struct sigaction action;
	struct arena arena;
	struct registry_login login;
	struct tarsier_error error = {0, ""};
	arena_init(&arena, NULL);
	enter(L, 4, old);
	set_signals(signal, &action);
	if (closed)
		close(0), close(1);
	int code = registry_helper_ask(&arena, name, address, timeout, &login, &error);
	if (closed)
		dup2(in, 0), dup2(out, 1), close(in), close(out);
	reset_signals(signal, &action);
	leave(old);
	if (probe_open_files() != open_files)
		return luaL_error(L, "descriptors were left open");
	int count = result(L, code, &login, &error);
	arena_free(&arena);
	return lua_pushboolean(L, has_child()), count + 1;
}

static const luaL_Reg functions[] = {{"find", l_find}, {"ask", l_ask}, {NULL, NULL}};

int probe_registry_login(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
