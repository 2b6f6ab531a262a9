/* core.lock and core.list: files that several processes share, and the names in a folder */
#include "bind/core.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

int bind_files_open(lua_State *L);

static const char class_name[] = "tarsier.lock";

static int push_failure(lua_State *L, const char *path, int number)
{
	lua_pushnil(L);
	lua_pushfstring(L, "%s: %s", path, strerror(number));
	lua_pushstring(L, number == EWOULDBLOCK ? "BUSY" : number == ENOENT ? "NOT_FOUND" : "IO");
	return 3;
}

/* lock:close(); also at the end of a <close> scope, and with the process, however it ends */
static int l_unlock(lua_State *L)
{
	int *fd = luaL_checkudata(L, 1, class_name);
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	return 0;
}

/* lock(path) --> lock | nil, message, "BUSY" if another process holds it, else "IO". Does not wait. The file is made if
 * necessary, and stays. */
static int l_lock(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	int *lock = lua_newuserdatauv(L, sizeof *lock, 0);
	*lock = -1;
	luaL_setmetatable(L, class_name);
	*lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (*lock < 0 || flock(*lock, LOCK_EX | LOCK_NB) < 0)
		return push_failure(L, path, errno);
	return 1;
}

/* list(path) --> the names in a folder, sorted | nil, message, "NOT_FOUND" or "IO" */
static int l_list(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		return push_failure(L, path, errno);
	lua_createtable(L, count, 0); /* if this raises because memory ran out, the entries leak */
	for (int i = 0, n = 0; i < count; i++) {
		if (strcmp(entries[i]->d_name, ".") != 0 && strcmp(entries[i]->d_name, "..") != 0) {
			lua_pushstring(L, entries[i]->d_name);
			lua_rawseti(L, -2, ++n);
		}
		free(entries[i]);
	}
	free(entries);
	return 1;
}

static const luaL_Reg functions[] = {{"lock", l_lock}, {"list", l_list}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"close", l_unlock}, {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", l_unlock}, {"__close", l_unlock}, {NULL, NULL}};

int bind_files_open(lua_State *L)
{
	bind_class(L, class_name, metamethods, methods);
	luaL_newlib(L, functions);
	return 1;
}
