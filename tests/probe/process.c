/* floor 0: runs a command for the tests and says what it took */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

enum { ARGUMENTS = 64, OUTPUT = 1 << 20 };

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* In the child: never returns. Its own process group, so that all of it can be ended. */
static void become(char *const *argv, const char *input, int output)
{
	int in = open(input, O_RDONLY | O_CLOEXEC);
	setpgid(0, 0);
	if (in < 0 || dup2(in, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

/* Waits, and ends the child's group when the time is up. */
static int await(pid_t pid, double limit, struct rusage *usage, bool *late)
{
	int status = 0;
	double end = now() + limit;
	*late = false;
	while (wait4(pid, &status, WNOHANG, usage) == 0) {
		if (now() > end && !*late) {
			*late = true;
			kill(-pid, SIGKILL);
		}
		nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	return status;
}

static void push_output(lua_State *L, FILE *output)
{
	luaL_Buffer buffer;
	rewind(output);
	char *text = luaL_buffinitsize(L, &buffer, OUTPUT);
	luaL_pushresultsize(&buffer, fread(text, 1, OUTPUT, output));
}

/* run(argv, seconds [, stdin]) --> { code | signal, output, late, rss = KiB, seconds } */
static int l_run(lua_State *L)
{
	char *argv[ARGUMENTS + 1] = {NULL};
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_Integer count = luaL_len(L, 1);
	luaL_argcheck(L, count >= 1 && count <= ARGUMENTS, 1, "1 to 64 strings");
	for (lua_Integer i = 0; i < count; i++) {
		lua_rawgeti(L, 1, i + 1);
		argv[i] = (char *)luaL_checkstring(L, -1);
		lua_pop(L, 1); /* the table keeps it */
	}
	double limit = luaL_checknumber(L, 2), start = now();
	const char *input = luaL_optstring(L, 3, "/dev/null");
	FILE *output = tmpfile();
	struct rusage usage = {0};
	bool late;
	if (!output)
		return luaL_error(L, "tmpfile: %s", strerror(errno));
	pid_t pid = fork();
	if (pid == 0)
		become(argv, input, fileno(output));
	int status = pid < 0 ? 0 : await(pid, limit, &usage, &late);
	lua_newtable(L);
	push_output(L, output);
	fclose(output);
	if (pid < 0)
		return luaL_error(L, "fork: %s", strerror(errno));
	lua_setfield(L, -2, "output");
	lua_pushinteger(L, WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	lua_setfield(L, -2, WIFEXITED(status) ? "code" : "signal");
	lua_pushboolean(L, late);
	lua_setfield(L, -2, "late");
	lua_pushinteger(L, usage.ru_maxrss);
	lua_setfield(L, -2, "rss");
	lua_pushnumber(L, now() - start);
	lua_setfield(L, -2, "seconds");
	return 1;
}

int probe_process(lua_State *L);
int probe_process(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, l_run);
	lua_setfield(L, -2, "run");
	return 1;
}
