/* The public face as a host in C uses it: its own allocator, a config from an older header. */
#include "probe.h"
#include "tarsier.h"
#include "tarsier_tools.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

int probe_host(lua_State *L);

struct memory {
	atomic_long live, calls;
	long fail_at; /* the call from which on there is no more; -1: never */
};

static void *resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	struct memory *memory = user;
	long call = atomic_fetch_add(&memory->calls, 1);
	if (new_size && memory->fail_at >= 0 && call >= memory->fail_at)
		return NULL;
	atomic_fetch_add(&memory->live, (long)new_size - (long)old_size);
	if (new_size)
		return realloc(ptr, new_size);
	free(ptr);
	return NULL;
}

/* The engine is closed before the report is looked at. */
static int scan(struct memory *memory, const char *database, const char *reference, long *found)
{
	struct tarsier_config config;
	struct tarsier_error error;
	tarsier_engine *engine;
	tarsier_report *report;
	tarsier_config_init(&config);
	config.database = database;
	config.cache_dir = "";
	config.allocator = (struct tarsier_allocator){resize, memory};
	int code = tarsier_open(&config, &engine, &error);
	if (code < 0)
		return code;
	code = tarsier_scan(engine, reference, &report, &error);
	tarsier_close(engine);
	*found = code < 0 ? 0 : (long)(tarsier_package_count(report) + tarsier_finding_count(report));
	tarsier_report_free(report);
	return code;
}

/* starve(database, reference, step) --> how many of the scans failed; an error where one leaks, fails otherwise than
 * for lack of memory, or finds less than all. Every scan has `step` allocations more. */
static int l_starve(lua_State *L)
{
	const char *database = luaL_checkstring(L, 1), *reference = luaL_checkstring(L, 2);
	struct memory memory = {.fail_at = -1};
	long all, found, failed = 0;
	int code = scan(&memory, database, reference, &all);
	if (code < 0 || memory.live)
		return luaL_error(L, "code %d, %d bytes left", code, (int)memory.live);
	long calls = memory.calls;
	for (long at = 0; at < calls; at += (long)luaL_checkinteger(L, 3)) {
		memory.calls = 0;
		memory.fail_at = at;
		code = scan(&memory, database, reference, &found);
		if (memory.live || (code < 0 && code != TARSIER_MEMORY) || (code == 0 && found != all))
			return luaL_error(L, "allocation %d: code %d, %d bytes left", (int)at, code, (int)memory.live);
		failed += code < 0;
	}
	return lua_pushinteger(L, failed), 1;
}

/* open_short(size) --> the name of the code of tarsier_open, for a config that ends there and is rubbish beyond */
static int l_open_short(lua_State *L)
{
	struct tarsier_config config;
	struct tarsier_error error;
	tarsier_engine *engine;
	size_t size = (size_t)luaL_checkinteger(L, 1);
	tarsier_config_init(&config);
	config.size = size;
	if (size >= sizeof config.size && size < sizeof config)
		memset((char *)&config + size, 0xee, sizeof config - size);
	int code = tarsier_open(&config, &engine, &error);
	tarsier_close(engine);
	return lua_pushstring(L, code < 0 ? tarsier_code_name(code) : "OK"), 1;
}

static int refuse(const char *what, struct tarsier_error *error)
{
	static const struct tarsier_reader readers[101];
	struct tarsier_config config;
	struct tarsier_http_request request;
	struct tarsier_http_response *response;
	struct tarsier_clair_status status;
	tarsier_engine *engine = NULL;
	tarsier_report *report;
	tarsier_config_init(&config);
	tarsier_http_request_init(&request);
	if (strcmp(what, "clair") == 0)
		return tarsier_clair_ask(&config, &status, error);
	if (strcmp(what, "http") == 0)
		return tarsier_http(&request, &response, error);
	config.cache_dir = "";
	config.readers = readers;
	config.reader_count = strcmp(what, "readers") == 0 ? sizeof readers / sizeof *readers : 0;
	int code = tarsier_open(&config, &engine, error);
	if (code >= 0)
		code = tarsier_scan(engine, NULL, &report, error);
	tarsier_close(engine);
	return code;
}

static int push_code(lua_State *L, int code, const struct tarsier_error *error)
{
	lua_pushstring(L, code < 0 ? tarsier_code_name(code) : "OK");
	return lua_pushstring(L, code < 0 ? error->message : ""), 2;
}

/* refuse("readers" | "scan" | "clair" | "http") --> the code's name, message: a call without what it is about, or with too
 * many readers */
static int l_refuse(lua_State *L)
{
	struct tarsier_error error;
	return push_code(L, refuse(luaL_checkstring(L, 1), &error), &error);
}

static int count_call(void *user, const char *path, const void *content, size_t length, tarsier_add_found *add, void *list,
                      struct tarsier_error *error)
{
	(void)path, (void)content, (void)length, (void)add, (void)list, (void)error;
	++*(int *)user;
	return TARSIER_OK;
}

/* read_with(reference, pattern) --> how often a reader in C is called, what is told of files that were not read */
static int l_read_with(lua_State *L)
{
	const char *const evidence[] = {luaL_checkstring(L, 2), NULL};
	int calls = 0;
	const struct tarsier_reader reader = {.name = "own", .evidence = evidence, .read = count_call, .user = &calls};
	struct tarsier_config config;
	struct tarsier_error error;
	tarsier_engine *engine;
	tarsier_report *report = NULL;
	tarsier_config_init(&config);
	config.cache_dir = "";
	config.readers = &reader;
	config.reader_count = 1;
	int code = tarsier_open(&config, &engine, &error);
	if (code >= 0)
		code = tarsier_scan(engine, luaL_checkstring(L, 1), &report, &error);
	tarsier_close(engine);
	if (code < 0)
		return luaL_error(L, "%s", error.message);
	lua_pushinteger(L, calls);
	lua_newtable(L);
	for (size_t i = 0; i < tarsier_problem_count(report); i++)
		if (tarsier_problem_at(report, i)->kind == TARSIER_PROBLEM_UNREADABLE) {
			lua_pushstring(L, tarsier_problem_at(report, i)->message);
			lua_rawseti(L, -2, luaL_len(L, -2) + 1);
		}
	tarsier_report_free(report);
	return 2;
}

/* engine_image(name, size) --> the code's name, message: of tarsier_engine_image with room for so many bytes */
static int l_engine_image(lua_State *L)
{
	struct tarsier_error error;
	char reference[64];
	size_t size = (size_t)luaL_checkinteger(L, 2);
	luaL_argcheck(L, size <= sizeof reference, 2, "at most 64");
	return push_code(L, tarsier_engine_image(luaL_checkstring(L, 1), NULL, reference, size, &error), &error);
}

static const luaL_Reg functions[] = {{"starve", l_starve}, {"open_short", l_open_short}, {"refuse", l_refuse},
                                     {"engine_image", l_engine_image}, {"read_with", l_read_with}, {NULL, NULL}};

int probe_host(lua_State *L)
{
	luaL_newlib(L, functions);
	lua_pushinteger(L, sizeof(struct tarsier_config));
	lua_setfield(L, -2, "config_size");
	return 1;
}
