/* core.open: an engine as a Lua object */
#include "bind/core.h"
#include "bind/options.h"
#include "bind/source.h"
#include "policy/push_report.h"
#include "tarsier_policy.h"
#include "tarsier_share.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

int bind_engine_open(lua_State *L);

static const char class_name[] = "tarsier.engine";

enum { READERS_LIMIT = 100 };

/* The event callback is the userdata's user value. */
struct box {
	tarsier_engine *engine;
	lua_State *scanning; /* the state that is inside engine:scan() */
	int callback_failed; /* its error is on top of the stack of `scanning` */
	struct tarsier_reader *readers[READERS_LIMIT]; /* opened by this engine */
	size_t reader_count;
	bool tidies;         /* deletes what a scan left with Clair if it is interrupted */
};

static struct box *check_engine(lua_State *L, int index)
{
	struct box *box = luaL_checkudata(L, index, class_name);
	luaL_argcheck(L, box->engine, index, "the engine is closed");
	return box;
}

/* ---- events -------------------------------------------------------------------------------------------------------- */

static const char *event_name(enum tarsier_event_kind kind)
{
	static const char *const names[] = {"", "image", "layer", "bytes", "match", "warning", "serving",
	                                     "analyzing"};
	return names[kind];
}

static void push_event(lua_State *L, const struct tarsier_event *event)
{
	lua_createtable(L, 0, 8);
	lua_pushstring(L, event_name(event->kind));
	lua_setfield(L, -2, "kind");
	lua_pushinteger(L, (lua_Integer)event->done);
	lua_setfield(L, -2, "done");
	lua_pushinteger(L, (lua_Integer)event->total);
	lua_setfield(L, -2, "total");
	lua_pushinteger(L, (lua_Integer)event->index + 1);
	lua_setfield(L, -2, "index");
	lua_pushboolean(L, event->cached);
	lua_setfield(L, -2, "cached");
	lua_pushstring(L, event->digest);
	lua_setfield(L, -2, "digest");
	lua_pushstring(L, event->message);
	lua_setfield(L, -2, "message");
	lua_pushstring(L, event->reference);
	lua_setfield(L, -2, "reference");
}

/* callback, event --> : runs protected, because pushing may run out of memory */
static int call_back(lua_State *L)
{
	push_event(L, lua_touserdata(L, 2));
	lua_replace(L, 2);
	lua_call(L, 1, 0);
	return 0;
}

static void on_event(void *user, const struct tarsier_event *event)
{
	struct box *box = user;
	lua_State *L = box->scanning;
	if (box->callback_failed || !lua_checkstack(L, 8) || lua_getiuservalue(L, 1, 1) != LUA_TFUNCTION)
		return;
	lua_pushcfunction(L, call_back);
	lua_insert(L, -2);
	lua_pushlightuserdata(L, (void *)(uintptr_t)event);
	if (lua_pcall(L, 2, 0, 0) != LUA_OK) {
		box->callback_failed = 1;
		tarsier_cancel(box->engine);
	}
}

/* ---- configuration --------------------------------------------------------------------------------------------------- */

static const char *const keys[] = {"database", "cache_dir", "cache_limit", "platform", "threads", "skip_diff_id", "on_event",
	"clair", "clair_matcher", "clair_api", "clair_key", "clair_issuer", "clair_report", "layer_host", "ca_file",
	"layer_port", "clair_timeout", "clair_keep", "registry_user", "registry_password", "plain_http", "today", "severity_sources",
	"files", "advisories", "readers", "attestations", "hashes", "secrets",
	NULL};

static const char who[] = "tarsier.open";

static void read_clair(lua_State *L, int index, struct tarsier_config *config)
{
	config->clair = options_string(L, index, "clair", who);
	config->clair_matcher = options_string(L, index, "clair_matcher", who);
	config->clair_api = options_string(L, index, "clair_api", who);
	config->clair_key = options_string(L, index, "clair_key", who);
	config->clair_issuer = options_string(L, index, "clair_issuer", who);
	config->layer_host = options_string(L, index, "layer_host", who);
	config->ca_file = options_string(L, index, "ca_file", who);
	config->clair_report = options_string(L, index, "clair_report", who);
	config->layer_port = options_small(L, index, "layer_port", who);
	config->clair_timeout = options_small(L, index, "clair_timeout", who);
	config->clair_keep = options_flag(L, index, "clair_keep");
}

/* A list of strings → a NULL-terminated array, which stays on the stack. The strings are borrowed from the list. */
static const char *const *read_list(lua_State *L, int index, const char *key)
{
	if (lua_getfield(L, index, key) == LUA_TNIL)
		return NULL;
	if (!lua_istable(L, -1))
		luaL_error(L, "%s: option '%s' must be a list, is a %s", who, key, luaL_typename(L, -1));
	int list = lua_gettop(L);
	size_t count = (size_t)lua_rawlen(L, list);
	const char **strings = lua_newuserdatauv(L, (count + 1) * sizeof *strings, 0);
	for (size_t i = 0; i < count; i++) {
		if (lua_rawgeti(L, list, (lua_Integer)i + 1) != LUA_TSTRING)
			luaL_error(L, "%s: option '%s' must be a list of strings", who, key);
		strings[i] = lua_tostring(L, -1);
		lua_pop(L, 1);
	}
	strings[count] = NULL;
	return strings;
}

static void read_config(lua_State *L, int index, struct tarsier_config *config)
{
	options_check(L, index, keys, who);
	config->database = options_string(L, index, "database", who);
	config->cache_dir = options_string(L, index, "cache_dir", who);
	config->platform = options_string(L, index, "platform", who);
	config->cache_limit = (uint64_t)options_count(L, index, "cache_limit", who);
	config->threads = (unsigned)options_count(L, index, "threads", who);
	config->skip_diff_id = options_flag(L, index, "skip_diff_id");
	config->files = options_flag(L, index, "files");
	config->attestations = options_flag(L, index, "attestations");
	config->hashes = options_flag(L, index, "hashes");
	config->secrets = options_flag(L, index, "secrets");
	config->registry_user = options_string(L, index, "registry_user", who);
	config->registry_password = options_string(L, index, "registry_password", who);
	config->plain_http = options_flag(L, index, "plain_http");
	config->today = options_string(L, index, "today", who);
	config->severity_sources = options_string(L, index, "severity_sources", who);
	config->advisories = read_list(L, index, "advisories");
	read_clair(L, index, config);
}

/* ---- functions --------------------------------------------------------------------------------------------------------- */

static void free_readers(struct box *box)
{
	while (box->reader_count)
		tarsier_reader_free(box->readers[--box->reader_count]);
}

/* Opens the files of the option `readers`. */
static int open_readers(lua_State *L, struct box *box, struct tarsier_config *config, struct tarsier_reader *readers,
                        struct tarsier_error *error)
{
	if (lua_getfield(L, 1, "readers") == LUA_TNIL)
		return lua_pop(L, 1), TARSIER_OK;
	luaL_argcheck(L, lua_istable(L, -1) && lua_rawlen(L, -1) <= READERS_LIMIT, 1, "readers must be a list of at most 100 files");
	for (size_t count = lua_rawlen(L, -1); box->reader_count < count;) {
		lua_rawgeti(L, -1, (lua_Integer)box->reader_count + 1);
		luaL_argcheck(L, lua_type(L, -1) == LUA_TSTRING, 1, "readers must be a list of files");
		int code = tarsier_reader_open(lua_tostring(L, -1), &box->readers[box->reader_count], error);
		lua_pop(L, 1);
		if (code < 0)
			return code;
		readers[box->reader_count] = *box->readers[box->reader_count];
		box->reader_count++;
	}
	lua_pop(L, 1);
	config->readers = readers;
	config->reader_count = box->reader_count;
	return TARSIER_OK;
}

/* test_reader(file) --> how many examples hold | nil, message, code */
static int l_test_reader(lua_State *L)
{
	struct tarsier_reader *reader;
	struct tarsier_error error;
	size_t count;
	int code = tarsier_reader_open(luaL_checkstring(L, 1), &reader, &error);
	if (code >= 0)
		code = tarsier_reader_test(reader, &count, &error);
	tarsier_reader_free(reader);
	if (code < 0)
		return push_error(L, &error);
	return lua_pushinteger(L, (lua_Integer)count), 1;
}

/* open { database =, cache_dir =, cache_limit =, platform =, threads =, skip_diff_id =, on_event = function(event) end,
 * clair =, clair_matcher =, clair_api =, clair_key =, clair_issuer =, layer_host =, layer_port =, clair_keep =,
 * clair_timeout =, clair_report =, ca_file =, registry_user =, registry_password =, plain_http =, today =,
 * severity_sources =, advisories = { path, … }, readers = { file, … } } --> engine | nil, message, code */
static int l_open(lua_State *L)
{
	struct tarsier_config config;
	struct tarsier_error error;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	struct tarsier_reader readers[READERS_LIMIT];
	tarsier_config_init(&config);
	read_config(L, 1, &config);
	int box_index = lua_gettop(L) + 1; /* above the strings that the config points to */
	struct box *box = lua_newuserdatauv(L, sizeof *box, 1);
	*box = (struct box){.engine = NULL};
	luaL_setmetatable(L, class_name);
	if (lua_getfield(L, 1, "on_event") != LUA_TNIL)
		luaL_argcheck(L, lua_isfunction(L, -1), 1, "on_event must be a function");
	if (lua_isfunction(L, -1))
		config.on_event = on_event;
	lua_setiuservalue(L, box_index, 1);
	config.user = box;
	box->tidies = config.clair && !config.clair_keep;
	int code = open_readers(L, box, &config, readers, &error);
	if (code >= 0)
		code = tarsier_open(&config, &box->engine, &error);
	if (code >= 0)
		return 1;
	free_readers(box);
	return push_error(L, &error);
}

/* ---- Ctrl-C ---------------------------------------------------------------------------------------------------------- */

/* A command that is interrupted while Clair holds its layers deletes them before it ends. Meanwhile a thread takes the
 * signals; the second signal ends the process at once. */
struct watch {
	tarsier_engine *engine;
	pthread_t thread;
	sigset_t signals, before;
	atomic_int caught;
	atomic_bool done; /* SIGUSR1 from ourselves tells the thread */
};

static void end_by(int number, const sigset_t *signals)
{
	signal(number, SIG_DFL);
	pthread_sigmask(SIG_UNBLOCK, signals, NULL);
	raise(number);
}

static void *await_signals(void *argument)
{
	struct watch *watch = argument;
	int number;
	while (sigwait(&watch->signals, &number) == 0) {
		if (number == SIGUSR1 && atomic_load(&watch->done))
			return NULL;
		if (atomic_load(&watch->caught))
			end_by(number, &watch->signals);
		atomic_store(&watch->caught, number);
		tarsier_cancel(watch->engine);
	}
	return NULL;
}

/* Ignored signals, as under nohup, stay ignored. */
static bool start_watch(struct watch *watch, tarsier_engine *engine)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action;
	watch->engine = engine;
	atomic_init(&watch->caught, 0);
	atomic_init(&watch->done, false);
	sigemptyset(&watch->signals);
	sigaddset(&watch->signals, SIGUSR1);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
			sigaddset(&watch->signals, numbers[i]);
	pthread_sigmask(SIG_BLOCK, &watch->signals, &watch->before);
	if (pthread_create(&watch->thread, NULL, await_signals, watch) == 0)
		return true;
	pthread_sigmask(SIG_SETMASK, &watch->before, NULL);
	return false;
}

static void end_watch(struct watch *watch)
{
	atomic_store(&watch->done, true);
	pthread_kill(watch->thread, SIGUSR1);
	pthread_join(watch->thread, NULL);
	if (atomic_load(&watch->caught))
		end_by(atomic_load(&watch->caught), &watch->signals);
	pthread_sigmask(SIG_SETMASK, &watch->before, NULL);
}

static bool is_command(lua_State *L)
{
	bool is = lua_getfield(L, LUA_REGISTRYINDEX, LUA_COMMAND_LINE) != LUA_TNIL;
	lua_pop(L, 1);
	return is;
}

/* ---- scanning -------------------------------------------------------------------------------------------------------- */

/* engine:scan(reference) --> report | nil, message, code. Instead of a reference it takes a table as in bind/source.h:
 * an image whose bytes the caller has. */
static int l_scan(lua_State *L)
{
	struct box *box = check_engine(L, 1);
	struct tarsier_error error;
	struct tarsier_scan_options options;
	lua_settop(L, 2);
	tarsier_scan_options_init(&options);
	const char *reference = lua_istable(L, 2) ? NULL : luaL_checkstring(L, 2);
	luaL_argcheck(L, !box->scanning, 1, "the engine is scanning already: its callback cannot start another scan");
	if (!reference)
		options.source = bind_push_source(L, 2);
	tarsier_report **report = bind_new_report(L);
	box->scanning = L;
	box->callback_failed = 0;
	struct watch watch;
	bool watched = box->tidies && is_command(L) && start_watch(&watch, box->engine);
	int code = tarsier_scan_with(box->engine, reference, &options, report, &error);
	if (watched)
		end_watch(&watch);
	box->scanning = NULL;
	if (box->callback_failed)
		return lua_error(L);
	if (code < 0)
		return push_error(L, &error);
	return 1;
}

/* engine:rematch(report) --> report | nil, message, code */
static int l_rematch(lua_State *L)
{
	struct box *box = check_engine(L, 1);
	tarsier_report *report = (tarsier_report *)bind_check_report(L, 2);
	struct tarsier_error error;
	tarsier_report **again = bind_new_report(L);
	if (tarsier_rematch(box->engine, report, again, &error) < 0)
		return push_error(L, &error);
	return 1;
}

/* engine:close(); may be called twice */
static int l_close(lua_State *L)
{
	struct box *box = luaL_checkudata(L, 1, class_name);
	luaL_argcheck(L, !box->scanning, 1, "the engine is scanning: its callback cannot close it");
	tarsier_close(box->engine);
	box->engine = NULL;
	free_readers(box);
	return 0;
}

static int l_tostring(lua_State *L)
{
	struct box *box = luaL_checkudata(L, 1, class_name);
	lua_pushfstring(L, box->engine ? "%s: %p" : "%s (closed)", class_name, (void *)box);
	return 1;
}

static const luaL_Reg functions[] = {{"open", l_open}, {"test_reader", l_test_reader}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"scan", l_scan}, {"rematch", l_rematch}, {"close", l_close}, {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", l_close}, {"__close", l_close}, {"__tostring", l_tostring}, {NULL, NULL}};

int bind_engine_open(lua_State *L)
{
	bind_class(L, class_name, metamethods, methods);
	luaL_newlib(L, functions);
	return 1;
}
