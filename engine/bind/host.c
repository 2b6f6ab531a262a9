/* core.host: the operating system's functions for the command line */
#include "base/clock.h"
#include "base/nameless.h"
#include "bind/core.h"
#include "policy/push_report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
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

/* A file being written. A device, a pipe or a socket cannot be replaced, so it is written to directly; otherwise a new
 * file is written beside the place and renamed: a reader sees the old file or the new one, never half of it. */
struct writing {
	FILE *file;               /* NULL once it is closed */
	int failed;               /* an errno */
	char real[PATH_MAX];      /* the place */
	char temporary[PATH_MAX]; /* the new file; "" if the place is written to directly */
};

/* Returns the mode of a new file. The mask can only be read by setting it, which is safe in the command line's single
 * thread. */
static mode_t new_mode(void)
{
	mode_t mask = umask(077);
	umask(mask);
	return 0666 & ~mask;
}

static int open_beside(struct writing *writing, mode_t mode)
{
	int n = snprintf(writing->temporary, sizeof writing->temporary, "%s.XXXXXX", writing->real);
	if (n < 0 || (size_t)n >= sizeof writing->temporary) {
		writing->temporary[0] = '\0';
		errno = ENAMETOOLONG;
		return -1;
	}
	int fd = mkostemp(writing->temporary, O_CLOEXEC);
	if (fd < 0)
		writing->temporary[0] = '\0';
	else if (fchmod(fd, mode) < 0)
		writing->failed = errno;
	return fd;
}

static int open_place(struct writing *writing, const char *path)
{
	struct stat status;
	size_t length = strlen(path);
	if (stat(path, &status) < 0) {
		if (errno != ENOENT || length >= sizeof writing->real)
			return -1;
		memcpy(writing->real, path, length + 1);
		return open_beside(writing, new_mode());
	}
	if (S_ISDIR(status.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (!S_ISREG(status.st_mode))
		return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (!realpath(path, writing->real)) /* a symlink stays and its target is replaced */
		return -1;
	return open_beside(writing, status.st_mode & 07777);
}

static void begin_writing(struct writing *writing, const char *path)
{
	int fd = open_place(writing, path);
	writing->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!writing->file && !writing->failed)
		writing->failed = errno;
	if (!writing->file && fd >= 0)
		close(fd);
}

/* Closes the file and puts it in its place, or removes it if something failed. */
static void end_writing(struct writing *writing)
{
	if (writing->file && fclose(writing->file) != 0 && !writing->failed)
		writing->failed = errno;
	writing->file = NULL;
	if (!writing->temporary[0])
		return;
	if (!writing->failed && rename(writing->temporary, writing->real) < 0)
		writing->failed = errno;
	if (writing->failed)
		unlink(writing->temporary);
}

static void write_piece(lua_State *L, struct writing *writing, const char *text, size_t length)
{
	if (!writing->file)
		luaL_error(L, "the file is closed");
	if (!length || fwrite(text, 1, length, writing->file) == length)
		return;
	writing->failed = errno ? errno : EIO;
	luaL_error(L, "cannot write");
}

/* out(text), for the function that writes the file's content */
static int l_write_piece(lua_State *L)
{
	size_t length;
	const char *text = luaL_checklstring(L, 1, &length);
	write_piece(L, lua_touserdata(L, lua_upvalueindex(1)), text, length);
	return 0;
}

bool bind_write_piece(lua_State *L, int index, const char *text, size_t length)
{
	if (lua_tocfunction(L, index) != l_write_piece)
		return false;
	lua_getupvalue(L, index, 1);
	struct writing *writing = lua_touserdata(L, -1);
	lua_pop(L, 1); /* the function keeps it */
	write_piece(L, writing, text, length);
	return true;
}

/* write_file(path, content) -> true | nil, message, "IO". The content is a text, or a function(out) that calls out(text)
 * with its pieces, so that a large file is never in memory whole. If the function raises an error, the file stays as it
 * was and the error is raised again. */
static int l_write_file(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	bool is_function = lua_isfunction(L, 2);
	if (!is_function)
		luaL_checkstring(L, 2);
	lua_settop(L, 2);
	struct writing *writing = lua_newuserdatauv(L, sizeof *writing, 0);
	memset(writing, 0, sizeof *writing);
	lua_insert(L, 2);
	lua_pushvalue(L, 2);
	lua_pushcclosure(L, l_write_piece, 1);
	if (!is_function)
		lua_insert(L, 3); /* out(text), otherwise content(out) */
	int status = LUA_OK;
	begin_writing(writing, path);
	if (!writing->failed) {
		status = lua_pcall(L, 1, 0, 0);
		if (status != LUA_OK && !writing->failed)
			writing->failed = ECANCELED;
	}
	end_writing(writing);
	if (status != LUA_OK && writing->failed == ECANCELED)
		return lua_error(L);
	if (writing->failed)
		return push_failure(L, path, writing->failed);
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

/* stat(path) -> { type = "file" | "folder" | "fifo" | "socket" | "device" | "other", size = bytes, modified = seconds
 * since 1970, is_link = true if the name itself is a symbolic link }, following links | nil, message, "NOT_FOUND" if it does not exist | nil,
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
	lua_createtable(L, 0, 4);
	lua_pushboolean(L, lstat(path, &own) == 0 && S_ISLNK(own.st_mode));
	lua_setfield(L, -2, "is_link");
	lua_pushstring(L, type_name(status.st_mode));
	lua_setfield(L, -2, "type");
	lua_pushinteger(L, (lua_Integer)status.st_size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, (lua_Integer)status.st_mtime);
	lua_setfield(L, -2, "modified");
	return 1;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Pushes the names as a sorted list and frees them. */
static void push_names(lua_State *L, char **names, size_t count)
{
	if (count)
		qsort(names, count, sizeof *names, compare_names);
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		lua_pushstring(L, names[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
		free(names[i]);
	}
	free(names);
}

/* Names of a folder beyond this number are an error: it holds our own modules, which are some dozens. */
enum { FOLDER_LIMIT = 4096 };

/* list(folder) -> sorted names of what is in it, without those that begin with a dot | nil, message, "IO" */
static int l_list(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	DIR *folder = opendir(path);
	if (!folder)
		return push_failure(L, path, errno);
	char **names = calloc(FOLDER_LIMIT, sizeof *names);
	size_t count = 0;
	struct dirent *entry;
	int failed = names ? 0 : ENOMEM;
	while (!failed && (entry = readdir(folder))) {
		if (entry->d_name[0] == '.')
			continue;
		if (count == FOLDER_LIMIT)
			failed = E2BIG;
		else if (!(names[count] = strdup(entry->d_name)))
			failed = ENOMEM;
		else
			count++;
	}
	closedir(folder);
	push_names(L, names, count);
	return failed ? push_failure(L, path, failed) : 1;
}

/* sleep(seconds), which may be a fraction */
static int l_sleep(lua_State *L)
{
	lua_Number seconds = luaL_checknumber(L, 1);
	luaL_argcheck(L, seconds >= 0 && seconds <= 3600, 1, "from 0 to 3600");
	seconds *= (lua_Number)clock_pause(1) / 1000;
	struct timespec left = {.tv_sec = (time_t)seconds, .tv_nsec = (long)((seconds - (lua_Number)(time_t)seconds) * 1e9)};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		;
	return 0;
}

/* seconds(): the monotonic clock, in sleep's unit */
static int l_seconds(lua_State *L)
{
	lua_pushnumber(L, (lua_Number)clock_milliseconds() / (lua_Number)clock_pause(1));
	return 1;
}

static unsigned check_second(lua_State *L, int index)
{
	lua_Integer milliseconds = luaL_optinteger(L, index, 1000);
	luaL_argcheck(L, milliseconds >= 1 && milliseconds <= 60000, index, "from 1 to 60000");
	return (unsigned)milliseconds;
}

/* set_second([pause, [timeout]]): the length of a second of a pause and of a timeout, in milliseconds, for tests; see clock.h */
static int l_set_second(lua_State *L)
{
	clock_set_second(check_second(L, 1), check_second(L, 2));
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
	{ "list", l_list },
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
