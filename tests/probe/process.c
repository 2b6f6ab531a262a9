/* floor 0: runs a command for the tests and says what it took; processes that do work for this one */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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

/* In the child: never returns. Its own process group, so that all of it can be ended. Without argv the function at index 1
 * is the command, and gives the exit code. */
static void become(lua_State *L, char *const *argv, const char *input, int output)
{
	int in = open(input, O_RDONLY | O_CLOEXEC);
	setpgid(0, 0);
	if (in < 0 || dup2(in, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0)
		_exit(126);
	if (argv)
		execvp(argv[0], argv);
	if (argv)
		_exit(127);
	lua_pushvalue(L, 1);
	lua_call(L, 0, 1);
	exit((int)lua_tointeger(L, -1));
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

static void read_words(lua_State *L, char **argv)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_Integer count = luaL_len(L, 1);
	luaL_argcheck(L, count >= 1 && count <= ARGUMENTS, 1, "1 to 64 strings");
	for (lua_Integer i = 0; i < count; i++) {
		lua_rawgeti(L, 1, i + 1);
		argv[i] = (char *)luaL_checkstring(L, -1);
		lua_pop(L, 1); /* the table keeps it */
	}
}

/* run(argv, seconds [, stdin]) --> { code | signal, output, late, rss = KiB, seconds }. A function instead of argv runs in
 * a fork of this process. */
static int l_run(lua_State *L)
{
	char *argv[ARGUMENTS + 1] = {NULL};
	bool forked = lua_isfunction(L, 1);
	if (!forked)
		read_words(L, argv);
	double limit = luaL_checknumber(L, 2), start = now();
	const char *input = luaL_optstring(L, 3, "/dev/null");
	FILE *output = tmpfile();
	struct rusage usage = {0};
	bool late;
	if (!output)
		return luaL_error(L, "tmpfile: %s", strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0)
		become(L, forked ? NULL : argv, input, fileno(output));
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

/* ---- a helper: a fork of this process that answers requests, strings both ---------------------------------------- */

static bool send_text(int fd, const char *text, size_t length)
{
	bool sent = send(fd, &length, sizeof length, MSG_NOSIGNAL) == sizeof length;
	for (ssize_t n; sent && length; text += n, length -= (size_t)n)
		sent = (n = send(fd, text, length, MSG_NOSIGNAL)) > 0;
	return sent;
}

/* Pushes it. */
static bool receive_text(lua_State *L, int fd)
{
	size_t length;
	luaL_Buffer buffer;
	if (recv(fd, &length, sizeof length, MSG_WAITALL) != sizeof length)
		return false;
	char *text = luaL_buffinitsize(L, &buffer, length);
	bool whole = !length || recv(fd, text, length, MSG_WAITALL) == (ssize_t)length;
	luaL_pushresultsize(&buffer, length);
	return whole;
}

/* Answers with the function at index 1, as long as its starter lives. */
static void serve(lua_State *L, int fd)
{
	for (;;) {
		size_t length;
		lua_pushvalue(L, 1);
		if (!receive_text(L, fd))
			_exit(0);
		lua_call(L, 1, 1);
		const char *answer = luaL_checklstring(L, -1, &length);
		if (!send_text(fd, answer, length))
			_exit(0);
		lua_settop(L, 1);
	}
}

static struct { pid_t starter, pid; int fd; } helper;

/* So that it does not outlive its starter. */
static void end_helper(void)
{
	if (getpid() != helper.starter)
		return;
	close(helper.fd);
	waitpid(helper.pid, NULL, 0);
}

static int l_ask(lua_State *L)
{
	int fd = helper.fd;
	size_t length;
	const char *request = luaL_checklstring(L, 1, &length);
	if (!send_text(fd, request, length) || !receive_text(L, fd))
		return luaL_error(L, "the helper has ended");
	return 1;
}

/* helper(function) --> ask: ask(request) is what the function, in a fork of this process as it is now, makes of it. A process
 * may have one. */
static int l_helper(lua_State *L)
{
	int ends[2];
	luaL_checktype(L, 1, LUA_TFUNCTION);
	luaL_argcheck(L, helper.starter != getpid(), 1, "there is one");
	lua_settop(L, 1);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return luaL_error(L, "socketpair: %s", strerror(errno));
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		return luaL_error(L, "fork: %s", strerror(errno));
	close(ends[pid == 0 ? 0 : 1]);
	if (pid == 0)
		serve(L, ends[1]);
	helper.starter = getpid(), helper.pid = pid, helper.fd = ends[0];
	atexit(end_helper);
	lua_pushcfunction(L, l_ask);
	return 1;
}

/* set(name, value): a variable of this process's environment */
static int l_set(lua_State *L)
{
	setenv(luaL_checkstring(L, 1), luaL_checkstring(L, 2), 1);
	return 0;
}

/* Gives root's right to open files of any mode to this thread, or takes it away. Does nothing for other users. */
static void set_rights(bool has_them)
{
	const uint32_t rights = 1u << CAP_DAC_OVERRIDE | 1u << CAP_DAC_READ_SEARCH;
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];
	if (syscall(SYS_capget, &header, sets) < 0)
		return;
	sets[0].effective = has_them ? sets[0].effective | (rights & sets[0].permitted) : sets[0].effective & ~rights;
	syscall(SYS_capset, &header, sets);
}

/* without_rights(work, …) --> what work(…) returns. Meanwhile a file's mode counts for this thread even if it is root's. */
static int l_without_rights(lua_State *L)
{
	set_rights(false);
	int code = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	set_rights(true);
	return code == LUA_OK ? lua_gettop(L) : lua_error(L);
}

int probe_process(lua_State *L);
int probe_process(lua_State *L)
{
	static const luaL_Reg functions[] = {{"run", l_run}, {"helper", l_helper}, {"set", l_set},
	                                     {"without_rights", l_without_rights}, {NULL, NULL}};
	luaL_newlib(L, functions);
	return 1;
}
