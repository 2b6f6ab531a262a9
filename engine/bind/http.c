/* core.http, one HTTP request */
#include "bind/core.h"
#include "bind/options.h"
#include "net/container_engine.h"
#include "policy/push_report.h"

#include <string.h>

int bind_http_open(lua_State *L);

enum { HEADERS_MAX = 64 }; /* nobody here sends more than five */

static const char *const keys[] = {"method", "url", "unix_socket", "headers", "body", "seconds", "connect_seconds", "limit", "ca_file", "ca_pem", "certificate", "key",
				   "blob", "on_body", NULL};

/* Where on_body is, and whether it raised: its error is then on top of the stack. */
struct listener {
	lua_State *L;
	int index;
	bool raised;
};

static const char *string_field(lua_State *L, const char *key)
{
	return options_string(L, 1, key, "http");
}

static lua_Integer integer_field(lua_State *L, const char *key)
{
	lua_Integer number = options_count(L, 1, key, "http");
	if (number > 1 << 30)
		luaL_error(L, "http: %s must be a whole number, 0 or more", key);
	return number;
}

/* { ["Content-Type"] = "application/json" }; the strings stay on the stack. */
static void read_headers(lua_State *L, const char **headers)
{
	int count = 0;
	if (lua_getfield(L, 1, "headers") == LUA_TNIL)
		return;
	luaL_argcheck(L, lua_istable(L, -1), 1, "headers must be a table");
	luaL_checkstack(L, HEADERS_MAX + 8, "headers");
	int table = lua_gettop(L);
	for (lua_pushnil(L); lua_next(L, table);) {
		if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING || count == HEADERS_MAX)
			luaL_error(L, "http: headers must be text by name, %d at most", HEADERS_MAX);
		headers[count++] = lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), lua_tostring(L, -1));
		if (strpbrk(headers[count - 1], "\r\n"))
			luaL_error(L, "http: a header holds a line break");
		lua_replace(L, -2); /* the string for the value, below the next key */
		lua_insert(L, -2);
	}
}

/* on_body, piece --> wants more: inside a protected call */
static int call_listener(lua_State *L)
{
	const span *piece = lua_touserdata(L, 2);
	lua_pushlstring(L, piece->ptr, piece->len);
	lua_replace(L, 2);
	lua_call(L, 1, 1);
	return 1;
}

static bool on_piece(void *user, span piece)
{
	struct listener *listener = user;
	lua_State *L = listener->L;
	lua_pushcfunction(L, call_listener);
	lua_pushvalue(L, listener->index);
	lua_pushlightuserdata(L, &piece);
	listener->raised = lua_pcall(L, 2, 1, 0) != LUA_OK;
	if (listener->raised)
		return false;
	bool goes_on = !lua_isboolean(L, -1) || lua_toboolean(L, -1);
	lua_pop(L, 1);
	return goes_on;
}

static void read_request(lua_State *L, struct http_request *request, const char **headers, struct listener *listener)
{
	size_t length;
	options_check(L, 1, keys, "http");
	request->method = string_field(L, "method");
	request->method = request->method ? request->method : "GET";
	request->url = string_field(L, "url");
	luaL_argcheck(L, request->url, 1, "url is missing");
	request->unix_socket = string_field(L, "unix_socket");
	request->ca_file = string_field(L, "ca_file");
	request->certificate = string_field(L, "certificate");
	request->key = string_field(L, "key");
	request->ca_pem.ptr = string_field(L, "ca_pem");
	request->ca_pem.len = lua_tolstring(L, -1, &length) ? length : 0;
	request->body.ptr = string_field(L, "body");
	request->body.len = lua_tolstring(L, -1, &length) ? length : 0;
	request->seconds = (unsigned)integer_field(L, "seconds");
	request->connect_seconds = (unsigned)integer_field(L, "connect_seconds");
	request->limit = (size_t)integer_field(L, "limit");
	request->blob = options_flag(L, 1, "blob");
	if (lua_getfield(L, 1, "on_body") != LUA_TNIL) {
		luaL_argcheck(L, lua_isfunction(L, -1), 1, "on_body must be a function");
		*listener = (struct listener){.L = L, .index = lua_gettop(L)};
		request->sink = on_piece;
		request->user = listener;
	}
	read_headers(L, headers);
	request->headers = headers;
}

/* headers table by lower-case name; of a repeated one the last */
static void push_headers(lua_State *L, const struct http_response *response)
{
	span rest = buffer_span(&response->headers), line, name, value;
	lua_newtable(L);
	while (span_next(&rest, '\n', &line)) {
		if (!span_cut(line, ':', &name, &value))
			continue;
		luaL_Buffer lower;
		name = span_trim(name);
		value = span_trim(value);
		luaL_buffinit(L, &lower);
		for (size_t i = 0; i < name.len; i++)
			luaL_addchar(&lower, (char)(name.ptr[i] >= 'A' && name.ptr[i] <= 'Z' ? name.ptr[i] + 32 : name.ptr[i]));
		luaL_pushresult(&lower);
		lua_pushlstring(L, value.ptr, value.len);
		lua_settable(L, -3);
	}
}

/* response --> { status =, headers =, body = }: protected, since the response is not Lua's to free */
static int push_response(lua_State *L)
{
	const struct http_response *response = lua_touserdata(L, 1);
	span body = buffer_span(&response->body);
	lua_createtable(L, 0, 3);
	lua_pushinteger(L, response->status);
	lua_setfield(L, -2, "status");
	push_headers(L, response);
	lua_setfield(L, -2, "headers");
	lua_pushlstring(L, body.len ? body.ptr : "", body.len);
	lua_setfield(L, -2, "body");
	return 1;
}

/* engine([address], [ca_file]) --> { address =, url =, unix_socket =, ca_file =, ca_pem =, certificate =, key =, version =,
 * is_podman = } | nil, message, code: a container engine that answers, and what http is to be given to talk to it */
static int push_engine(lua_State *L)
{
	const struct container_engine *engine = lua_touserdata(L, 1);
	const struct { const char *key, *value; } texts[] = {
		{"address", engine->address}, {"url", engine->url}, {"unix_socket", engine->socket}, {"ca_file", engine->ca_file},
		{"certificate", engine->certificate}, {"key", engine->key}, {"version", engine->version}};
	lua_createtable(L, 0, 10);
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (texts[i].value) {
			lua_pushstring(L, texts[i].value);
			lua_setfield(L, -2, texts[i].key);
		}
	if (engine->ca_pem.len) {
		lua_pushlstring(L, engine->ca_pem.ptr, engine->ca_pem.len);
		lua_setfield(L, -2, "ca_pem");
	}
	lua_pushboolean(L, engine->is_podman);
	lua_setfield(L, -2, "is_podman");
	return 1;
}

static int l_engine(lua_State *L)
{
	struct arena arena;
	struct container_engine engine;
	struct tarsier_error error;
	const char *address = luaL_optstring(L, 1, NULL), *ca_file = luaL_optstring(L, 2, NULL);
	luaL_checkstack(L, 16, "engine");
	arena_init(&arena, NULL);
	int code = container_engine_find(&arena, address, ca_file, &engine, &error);
	if (code >= 0)
		code = container_engine_ping(&engine, &error);
	lua_pushcfunction(L, push_engine);
	lua_pushlightuserdata(L, &engine);
	int failed = code < 0 ? LUA_OK : lua_pcall(L, 1, 1, 0);
	arena_free(&arena);
	if (failed)
		return lua_error(L);
	return code < 0 ? push_error(L, &error) : 1;
}

/* http { url =, method = "GET", unix_socket =, headers = { name = value }, body =, seconds =, connect_seconds =, limit =, ca_file =, ca_pem =,
 * certificate =, key =, blob = true, on_body = function(piece) … end } --> { status =, headers =, body = } | nil, message, code. on_body takes a 2xx answer's
 * body in pieces, without a limit, and ends it by returning false. */
static int l_http(lua_State *L)
{
	const char *headers[HEADERS_MAX + 1] = {NULL};
	struct listener listener = {.raised = false};
	struct http_request request = {.method = "GET"};
	struct http_response response;
	struct tarsier_error error;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	read_request(L, &request, headers, &listener);
	luaL_checkstack(L, 16, "http");
	int code = http_send(&request, &response, &error);
	if (listener.raised || code < 0) {
		http_response_free(&response);
		return listener.raised ? lua_error(L) : push_error(L, &error);
	}
	lua_pushcfunction(L, push_response);
	lua_pushlightuserdata(L, &response);
	int failed = lua_pcall(L, 1, 1, 0);
	http_response_free(&response);
	return failed ? lua_error(L) : 1;
}

static const luaL_Reg functions[] = {{"http", l_http}, {"engine", l_engine}, {NULL, NULL}};

int bind_http_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
