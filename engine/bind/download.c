/* core.download: files of web servers */
#include "bind/core.h"
#include "bind/options.h"
#include "policy/push_report.h"
#include "tarsier_share.h"

int bind_download_open(lua_State *L);

static const char who[] = "download";
static const char *const item_keys[] = {"url", "path", "etag", "modified", "limit", "gzip", NULL};
static const char *const option_keys[] = {"parallel", "connect_seconds", "ca_file", "on_progress", NULL};

/* The position of on_progress, and whether it raised: its error is then on top of the stack. */
struct progress_listener { lua_State *L; int index; int raised; };

static int on_progress(void *user, uint64_t done, uint64_t total, size_t finished)
{
	struct progress_listener *listener = user;
	lua_State *L = listener->L;
	if (listener->raised)
		return 1;
	lua_pushvalue(L, listener->index);
	lua_pushinteger(L, (lua_Integer)done);
	lua_pushinteger(L, (lua_Integer)total);
	lua_pushinteger(L, (lua_Integer)finished);
	listener->raised = lua_pcall(L, 3, 0, 0) != LUA_OK;
	return listener->raised;
}

/* The strings stay on the stack of `anchors`, a table at that index. */
static const char *anchored(lua_State *L, int item, const char *key, int anchors)
{
	const char *text = options_string(L, item, key, who);
	if (text)
		lua_rawseti(L, anchors, (lua_Integer)luaL_len(L, anchors) + 1);
	else
		lua_pop(L, 1);
	return text;
}

static struct tarsier_download *read_list(lua_State *L, size_t *count)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	*count = (size_t)luaL_len(L, 1);
	struct tarsier_download *list = lua_newuserdatauv(L, (*count + 1) * sizeof *list, 0);
	lua_newtable(L);
	int anchors = lua_gettop(L);
	for (size_t i = 0; i < *count; i++) {
		list[i] = (struct tarsier_download){.url = NULL};
		lua_rawgeti(L, 1, (lua_Integer)i + 1);
		int item = lua_gettop(L);
		luaL_checktype(L, item, LUA_TTABLE);
		options_check(L, item, item_keys, who);
		list[i].url = anchored(L, item, "url", anchors);
		list[i].path = anchored(L, item, "path", anchors);
		list[i].etag = anchored(L, item, "etag", anchors);
		list[i].modified = anchored(L, item, "modified", anchors);
		list[i].limit = (uint64_t)options_count(L, item, "limit", who);
		list[i].gzip = options_flag(L, item, "gzip");
		if (!list[i].url || !list[i].path)
			luaL_error(L, "download: each needs a url and a path");
		lua_settop(L, anchors);
	}
	return list;
}

static void set_text(lua_State *L, const char *key, const char *text)
{
	if (*text) {
		lua_pushstring(L, text);
		lua_setfield(L, -2, key);
	}
}

static void push_result(lua_State *L, const struct tarsier_download *one)
{
	lua_createtable(L, 0, 7);
	lua_pushinteger(L, one->status);
	lua_setfield(L, -2, "status");
	lua_pushinteger(L, (lua_Integer)one->size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, (lua_Integer)one->received);
	lua_setfield(L, -2, "received");
	set_text(L, "etag", one->new_etag);
	set_text(L, "modified", one->new_modified);
	if (one->error.code < 0) {
		set_text(L, "message", one->error.message);
		set_text(L, "code", tarsier_code_name(one->error.code));
	}
}

/* download({ { url =, path =, etag =, modified =, limit =, gzip = }, … } [, { parallel =, connect_seconds =, ca_file =,
 * on_progress = function(done, total, finished) end }]) --> { { status = 200 | 304 | …, size =, received =, etag =, modified =,
 * message =, code = }, … }: message and code of those that failed. */
static int l_download(lua_State *L)
{
	size_t count;
	struct tarsier_download_options options;
	struct progress_listener listener = {.L = L};
	lua_settop(L, 2);
	if (lua_isnil(L, 2)) {
		lua_newtable(L);
		lua_replace(L, 2);
	}
	luaL_checktype(L, 2, LUA_TTABLE);
	struct tarsier_download *list = read_list(L, &count);
	tarsier_download_options_init(&options);
	options_check(L, 2, option_keys, who);
	options.parallel = (unsigned)options_count(L, 2, "parallel", who);
	options.connect_seconds = (unsigned)options_count(L, 2, "connect_seconds", who);
	options.ca_file = options_string(L, 2, "ca_file", who);
	if (lua_getfield(L, 2, "on_progress") == LUA_TFUNCTION) {
		listener.index = lua_gettop(L);
		options.on_progress = on_progress;
		options.user = &listener;
	}
	luaL_checkstack(L, 16, who);
	struct tarsier_error error;
	tarsier_download(list, count, &options, &error); /* each download has its own outcome */
	if (listener.raised)
		return lua_error(L);
	lua_createtable(L, (int)count, 0);
	for (size_t i = 0; i < count; i++) {
		push_result(L, &list[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 1;
}

static const luaL_Reg functions[] = {{"download", l_download}, {NULL, NULL}};

int bind_download_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
