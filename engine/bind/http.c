/* core.http: one HTTP request */
#include "bind/core.h"
#include "bind/options.h"
#include "policy/push_report.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

int bind_http_open(lua_State *L);

enum { HEADERS_MAX = 64 }; /* callers send five at most */

static const char *const keys[] = {"method", "url", "container", "unix_socket", "headers", "body", "seconds", "connect_seconds",
                                   "limit", "ca_file", "blob", "on_body", NULL};

/* The position of on_body, and whether it raised: its error is then on top of the stack. */
struct body_listener {
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
		luaL_error(L, "http: %s must be a whole number from 0 to %d", key, 1 << 30);
	return number;
}

/* Reads { ["Content-Type"] = "application/json" }; the strings stay on the stack. */
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

struct piece { const char *text; size_t length; };

/* on_body, piece --> true to continue; runs protected */
static int call_listener(lua_State *L)
{
	const struct piece *piece = lua_touserdata(L, 2);
	lua_pushlstring(L, piece->text, piece->length);
	lua_replace(L, 2);
	lua_call(L, 1, 1);
	return 1;
}

/* A nonzero result ends the request. */
static int on_piece(void *user, const char *text, size_t length)
{
	struct body_listener *listener = user;
	struct piece piece = {text, length};
	lua_State *L = listener->L;
	lua_pushcfunction(L, call_listener);
	lua_pushvalue(L, listener->index);
	lua_pushlightuserdata(L, &piece);
	listener->raised = lua_pcall(L, 2, 1, 0) != LUA_OK;
	if (listener->raised)
		return 1;
	bool goes_on = !lua_isboolean(L, -1) || lua_toboolean(L, -1);
	lua_pop(L, 1);
	return !goes_on;
}

static void read_request(lua_State *L, struct tarsier_http_request *request, const char **headers, struct body_listener *listener)
{
	options_check(L, 1, keys, "http");
	tarsier_http_request_init(request);
	request->method = string_field(L, "method");
	request->url = string_field(L, "url");
	luaL_argcheck(L, request->url, 1, "url is missing");
	lua_getfield(L, 1, "container");
	request->container = lua_isnil(L, -1) ? NULL : bind_check_container(L, lua_gettop(L));
	request->unix_socket = string_field(L, "unix_socket");
	request->ca_file = string_field(L, "ca_file");
	request->body = string_field(L, "body");
	request->body_length = request->body ? lua_rawlen(L, -1) : 0;
	request->seconds = (unsigned)integer_field(L, "seconds");
	request->connect_seconds = (unsigned)integer_field(L, "connect_seconds");
	request->limit = (size_t)integer_field(L, "limit");
	request->blob = options_flag(L, 1, "blob");
	if (lua_getfield(L, 1, "on_body") != LUA_TNIL) {
		luaL_argcheck(L, lua_isfunction(L, -1), 1, "on_body must be a function");
		*listener = (struct body_listener){.L = L, .index = lua_gettop(L)};
		request->on_body = on_piece;
		request->user = listener;
	}
	read_headers(L, headers);
	request->headers = headers;
}

static const char *trim(const char *text, size_t *length)
{
	while (*length && isspace((unsigned char)*text))
		text++, (*length)--;
	while (*length && isspace((unsigned char)text[*length - 1]))
		(*length)--;
	return text;
}

static void push_lower(lua_State *L, const char *text, size_t length)
{
	luaL_Buffer lower;
	luaL_buffinit(L, &lower);
	for (size_t i = 0; i < length; i++)
		luaL_addchar(&lower, (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + 32 : text[i]));
	luaL_pushresult(&lower);
}

/* A table of headers by lower-case name; the last of repeated headers is used */
static void push_headers(lua_State *L, const struct tarsier_http_response *response)
{
	lua_newtable(L);
	for (const char *line = response->headers, *end; *line; line = *end ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		const char *colon = memchr(line, ':', (size_t)(end - line));
		if (!colon)
			continue;
		size_t name_length = (size_t)(colon - line), value_length = (size_t)(end - colon) - 1;
		const char *name = trim(line, &name_length), *value = trim(colon + 1, &value_length);
		push_lower(L, name, name_length);
		lua_pushlstring(L, value, value_length);
		lua_settable(L, -3);
	}
}

/* response --> { status =, headers =, body = }: runs protected, because Lua does not free the response */
static int push_response(lua_State *L)
{
	const struct tarsier_http_response *response = lua_touserdata(L, 1);
	lua_createtable(L, 0, 3);
	lua_pushinteger(L, response->status);
	lua_setfield(L, -2, "status");
	push_headers(L, response);
	lua_setfield(L, -2, "headers");
	lua_pushlstring(L, response->body, response->body_length);
	lua_setfield(L, -2, "body");
	return 1;
}

/* http { url =, method = "GET", container =, unix_socket =, headers = { name = value }, body =, seconds =,
 * connect_seconds =, limit =, ca_file =, blob = true, on_body = function(piece) … end } --> { status =, headers =, body
 * = } | nil, message, code. With a container (see container.c), url is a path of its API. on_body takes the body of a
 * 2xx answer in pieces, without a limit, and ends the request by returning false. */
static int l_http(lua_State *L)
{
	const char *headers[HEADERS_MAX + 1] = {NULL};
	struct body_listener listener = {.raised = false};
	struct tarsier_http_request request;
	struct tarsier_http_response *response;
	struct tarsier_error error;
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	read_request(L, &request, headers, &listener);
	luaL_checkstack(L, 16, "http");
	int code = tarsier_http(&request, &response, &error);
	if (listener.raised) {
		tarsier_http_response_free(response);
		return lua_error(L);
	}
	if (code < 0)
		return push_error(L, &error);
	lua_pushcfunction(L, push_response);
	lua_pushlightuserdata(L, response);
	int failed = lua_pcall(L, 1, 1, 0);
	tarsier_http_response_free(response);
	return failed ? lua_error(L) : 1;
}

static const luaL_Reg functions[] = {{"http", l_http}, {NULL, NULL}};

int bind_http_open(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
