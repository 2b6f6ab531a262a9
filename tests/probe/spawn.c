/* floor 0: starts a program without a shell, which takes as long again as most programs of the tests */
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

int probe_spawn(lua_State *L);

static bool has_name(const char *entry, const char *change)
{
	size_t length = strcspn(change, "=");
	return strncmp(entry, change, length) == 0 && entry[length] == '=';
}

/* Pushes room for `count` strings and the NULL after them. */
static char **push_strings(lua_State *L, size_t count)
{
	char **strings = lua_newuserdatauv(L, (count + 1) * sizeof *strings, 0);
	memset(strings, 0, (count + 1) * sizeof *strings);
	return strings;
}

/* Pushes the strings of the list at `index`, which keeps them. */
static char **push_list(lua_State *L, int index)
{
	size_t count = (size_t)luaL_len(L, index);
	char **strings = push_strings(L, count);
	for (size_t i = 0; i < count; i++) {
		lua_geti(L, index, (lua_Integer)i + 1);
		strings[i] = (char *)luaL_checkstring(L, -1);
		lua_pop(L, 1);
	}
	return strings;
}

static bool is_changed(const char *entry, char **changes)
{
	while (*changes && !has_name(entry, *changes))
		changes++;
	return *changes;
}

/* Pushes this process's environment, or an empty one, with changes, each "NAME=value", or "NAME", which is then absent. The last one counts. */
static char **push_environment(lua_State *L, bool empty, char **changes)
{
	size_t count = 0, entries = 0;
	for (char **change = changes; *change; change++)
		count++;
	for (char **entry = environ; *entry; entry++)
		entries++;
	char **made = push_strings(L, entries + count), **end = made;
	for (char **entry = environ; *entry; entry++)
		if (!empty && !is_changed(*entry, changes))
			*end++ = *entry;
	for (char **change = changes; *change; change++)
		if (strchr(*change, '=') && !is_changed(*change, change + 1))
			*end++ = *change;
	return made;
}

/* spawn({ program, … }, { change of the environment, …, empty = is it empty before?, folder = to work in }, output file
 * [, messages file]) --> exit code, or 128 and the signal | nil if there is no such program. Its standard input is empty. */
static int l_spawn(lua_State *L)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status = 0;
	const char *output = luaL_checkstring(L, 3), *messages = luaL_optstring(L, 4, NULL);
	bool empty = lua_getfield(L, 2, "empty") && lua_toboolean(L, -1);
	const char *folder = lua_getfield(L, 2, "folder") ? luaL_checkstring(L, -1) : ".";
	char **argv = push_list(L, 1), **environment = push_environment(L, empty, push_list(L, 2));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	if (messages)
		posix_spawn_file_actions_addopen(&actions, 2, messages, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	posix_spawn_file_actions_addchdir_np(&actions, folder);
	int failed = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environment);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return 0;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	lua_pushinteger(L, WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	return 1;
}

/* sleep(seconds) */
static int l_sleep(lua_State *L)
{
	double seconds = luaL_checknumber(L, 1);
	struct timespec time = {(time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9)};
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		continue;
	return 0;
}

static const luaL_Reg functions[] = {{"spawn", l_spawn}, {"sleep", l_sleep}, {NULL, NULL}};

int probe_spawn(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
