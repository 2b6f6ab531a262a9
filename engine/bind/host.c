/* core.host: the operating system's functions for the command line */
#include "base/clock.h"
#include "base/nameless.h"
#include "bind/core.h"
#include "policy/push_report.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int bind_host_open(lua_State *L);

/* Pushes nil, "PATH: why", "IO". */
static int push_failure(lua_State *L, const char *path, int number)
{
	lua_pushnil(L);
	lua_pushfstring(L, "%s: %s", path, strerror(number));
	lua_pushliteral(L, "IO");
	return 3;
}

/* isatty(descriptor) -> boolean */
static int l_isatty(lua_State *L)
{
	lua_pushboolean(L, isatty((int)luaL_checkinteger(L, 1)));
	return 1;
}

/* columns(descriptor) -> integer | nil if it is not a terminal */
static int l_columns(lua_State *L)
{
	struct winsize size;
	if (ioctl((int)luaL_checkinteger(L, 1), TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return 0;
	lua_pushinteger(L, size.ws_col);
	return 1;
}

/* command_line(): sets signals up for a command. A closed reader is reported as a write error, instead of a silent end
 * that loses the other reports. The lua program's own SIGINT handler would wait for the engine to return. */
static int l_command_line(lua_State *L)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL);
	lua_pushboolean(L, 1);
	lua_setfield(L, LUA_REGISTRYINDEX, LUA_COMMAND_LINE);
	return 0;
}

/* Writes all of it. Returns 0 or an errno. */
static int write_all(int fd, const char *text, size_t length)
{
	while (length) {
		ssize_t n = write(fd, text, length);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		text += n;
		length -= (size_t)n;
	}
	return 0;
}

static int write_close(int fd, const char *text, size_t length)
{
	int failed = write_all(fd, text, length);
	if (close(fd) < 0 && !failed)
		failed = errno;
	return failed;
}

/* A device, a pipe or a socket cannot be replaced, so it is written to directly. */
static int write_in_place(const char *path, const char *text, size_t length)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return fd < 0 ? errno : write_close(fd, text, length);
}

/* Returns the mode of a new file. The mask can only be read by setting it, which is safe in the command line's single
 * thread. */
static mode_t new_mode(void)
{
	mode_t mask = umask(077);
	umask(mask);
	return 0666 & ~mask;
}

/* Writes a file beside the place and renames it: a reader sees the old file or the new one, never half of it. */
static int write_beside(const char *path, const char *text, size_t length, mode_t mode)
{
	char temporary[PATH_MAX];
	int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
	if (n < 0 || (size_t)n >= sizeof temporary)
		return ENAMETOOLONG;
	int fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return errno;
	int failed = fchmod(fd, mode) < 0 ? errno : 0;
	int wrote = write_close(fd, text, length);
	if (!failed)
		failed = wrote;
	if (!failed && rename(temporary, path) < 0)
		failed = errno;
	if (failed)
		unlink(temporary);
	return failed;
}

static int write_whole(const char *path, const char *text, size_t length)
{
	struct stat status;
	char real[PATH_MAX];
	if (stat(path, &status) < 0)
		return errno == ENOENT ? write_beside(path, text, length, new_mode()) : errno;
	if (S_ISDIR(status.st_mode))
		return EISDIR;
	if (!S_ISREG(status.st_mode))
		return write_in_place(path, text, length);
	if (!realpath(path, real)) /* a symlink stays and its target is replaced */
		return errno;
	return write_beside(real, text, length, status.st_mode & 07777);
}

/* write_file(path, text) -> true | nil, message, "IO" */
static int l_write_file(lua_State *L)
{
	size_t length;
	const char *path = luaL_checkstring(L, 1);
	const char *text = luaL_checklstring(L, 2, &length);
	int failed = write_whole(path, text, length);
	if (failed)
		return push_failure(L, path, failed);
	lua_pushboolean(L, 1);
	return 1;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG: return "file";
	case S_IFDIR: return "folder";
	case S_IFIFO: return "fifo";
	case S_IFSOCK: return "socket";
	case S_IFCHR:
	case S_IFBLK: return "device";
	default: return "other";
	}
}

/* make_folder(path) -> true | nil, message, "IO": also creates its parents, accessible to the owner only (XDG base
 * directories). */
static int l_make_folder(lua_State *L)
{
	size_t length;
	char path[PATH_MAX];
	struct stat status;
	const char *text = luaL_checklstring(L, 1, &length);
	if (length >= sizeof path)
		return push_failure(L, text, ENAMETOOLONG);
	memcpy(path, text, length + 1);
	for (size_t i = 1; i <= length; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		char kept = path[i];
		path[i] = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return push_failure(L, path, errno);
		path[i] = kept;
	}
	if (stat(path, &status) < 0 || !S_ISDIR(status.st_mode))
		return push_failure(L, path, ENOTDIR);
	lua_pushboolean(L, 1);
	return 1;
}

/* stat(path) -> { type = "file" | "folder" | "fifo" | "socket" | "device" | "other", size = bytes, is_link = true if
 * the name itself is a symbolic link }, following links | nil, message, "NOT_FOUND" if it does not exist | nil,
 * message, "IO" if it cannot be examined. */
static int l_stat(lua_State *L)
{
	struct stat status, own;
	const char *path = luaL_checkstring(L, 1);
	if (stat(path, &status) < 0) {
		int number = errno;
		int pushed = push_failure(L, path, number);
		if (number != ENOENT && number != ENOTDIR && number != ELOOP && number != ENAMETOOLONG)
			return pushed;
		lua_pop(L, 1);
		lua_pushliteral(L, "NOT_FOUND");
		return pushed;
	}
	lua_createtable(L, 0, 3);
	lua_pushboolean(L, lstat(path, &own) == 0 && S_ISLNK(own.st_mode));
	lua_setfield(L, -2, "is_link");
	lua_pushstring(L, type_name(status.st_mode));
	lua_setfield(L, -2, "type");
	lua_pushinteger(L, (lua_Integer)status.st_size);
	lua_setfield(L, -2, "size");
	return 1;
}

/* sleep(seconds), which may be a fraction */
static int l_sleep(lua_State *L)
{
	lua_Number seconds = luaL_checknumber(L, 1);
	luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 1, "from 0 to 3600");
	seconds *= (lua_Number)clock_seconds(1) / 1000;
	struct timespec left = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (lua_Number)(time_t)seconds) * 1e9)};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return 0;
}

/* seconds(): the monotonic clock, in sleep's unit */
static int l_seconds(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)clock_milliseconds() / (lua_Number)clock_seconds(1));
	return 1;
}

/* set_second(milliseconds): the length of a second of waiting, for tests; see clock.h */
static int l_set_second(lua_State *L)
{
	lua_Integer milliseconds = luaL_checkinteger(L, 1);
	luaL_argcheck(L, milliseconds >= 1 && milliseconds <= 1000, 1, "from 1 to 1000");
	clock_set_second((unsigned)milliseconds);
	return 0;
}

static int close_stream(lua_State *L)
{
	luaL_Stream *stream = luaL_checkudata(L, 1, LUA_FILEHANDLE);
	return luaL_fileresult(L, fclose(stream->f) == 0, NULL);
}

/* temporary() -> file, path | nil, message, "IO": a file under $TMPDIR that is deleted when it is closed. The path
 * allows this process to open it again. */
static int l_temporary(lua_State *L)
{
	struct tarsier_error error;
	luaL_Stream *stream = lua_newuserdatauv(L, sizeof *stream, 0);
	stream->closef = NULL;
	luaL_setmetatable(L, LUA_FILEHANDLE);
	int fd = nameless_open(&error);
	if (fd < 0)
		return push_error(L, &error);
	stream->f = fdopen(fd, "w+b");
	if (!stream->f) {
		int number = errno;
		close(fd);
		return push_failure(L, "$TMPDIR", number);
	}
	stream->closef = close_stream;
	lua_pushfstring(L, "/proc/self/fd/%d", fd);
	return 2;
}

static const luaL_Reg functions[] = {
	{ "isatty", l_isatty },
	{ "columns", l_columns },
	{ "command_line", l_command_line },
	{ "write_file", l_write_file },
	{ "make_folder", l_make_folder },
	{ "stat", l_stat },
	{ "sleep", l_sleep },
	{ "seconds", l_seconds },
	{ "set_second", l_set_second },
	{ "temporary", l_temporary },
	{ NULL, NULL },
};

int bind_host_open(lua_State *L)
{
	lua_createtable(L, 0, 1);
	luaL_newlib(L, functions);
	lua_setfield(L, -2, "host");
	return 1;
}
