/* floors 1 and 5: tokens, the layer server without a Clair, and Clair without a registry */
#include "probe.h"

#include "base/clock.h"
#include "clair/clair.h"
#include "clair/json_stream.h"
#include "clair/layer_server_internal.h"
#include "format/base64.h"
#include "format/jwt.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int probe_clair(lua_State *L);

static const char class_name[] = "tarsier.probe.layer_server";

/* jwt(key in base64, issuer, now) --> token */
static int l_jwt(lua_State *L)
{
	struct arena arena;
	struct tarsier_error error = {0, ""};
	char *token = NULL;
	span key = probe_span(L, 1);
	const char *issuer = luaL_checkstring(L, 2);
	lua_Integer now = luaL_checkinteger(L, 3);
	arena_init(&arena, NULL);
	int code = jwt_sign(&arena, key, issuer, now, &token, &error);
	lua_pushstring(L, token ? token : "");
	arena_free(&arena);
	return code < 0 ? probe_fail(L, &error) : 1;
}

/* base64(text) --> bytes | nil */
static int l_base64(lua_State *L)
{
	struct arena arena;
	span bytes = {"", 0}, text = probe_span(L, 1);
	arena_init(&arena, NULL);
	if (base64_decode(&arena, text, &bytes))
		lua_pushlstring(L, bytes.ptr, bytes.len);
	else
		lua_pushnil(L);
	arena_free(&arena);
	return 1;
}

struct serving {
	struct arena arena;
	struct image image;
	struct layer_server *server;
	atomic_uint_fast64_t bytes;
	bool open;
};

static int l_stop(lua_State *L)
{
	struct serving *serving = luaL_checkudata(L, 1, class_name);
	layer_server_stop(serving->server);
	serving->server = NULL;
	if (serving->open) {
		image_close(&serving->image);
		arena_free(&serving->arena);
	}
	serving->open = false;
	return 0;
}

static int open_and_serve(struct serving *serving, const char *reference, const struct layer_server_options *options,
                          struct tarsier_error *error)
{
	static const struct layer_options layers = {.threads = 1};
	const struct source_options source = {.platform = platform_of_this_machine(), .layers = &layers};
	int code = image_open(&serving->arena, reference, &source, &serving->image, error);
	if (code)
		return code;
	return layer_server_start(&serving->arena, &serving->image, options, &serving->server, error);
}

/* serve(reference [, host [, port]]) --> server, { { url =, digest =, size = }, … } | nil, message, code */
static int l_serve(lua_State *L)
{
	const char *reference = luaL_checkstring(L, 1), *host = luaL_optstring(L, 2, NULL);
	unsigned port = (unsigned)luaL_optinteger(L, 3, 0);
	struct tarsier_error error = {0, ""};
	struct serving *serving = lua_newuserdatauv(L, sizeof *serving, 0);
	memset(serving, 0, sizeof *serving);
	arena_init(&serving->arena, NULL);
	serving->open = true;
	luaL_setmetatable(L, class_name);
	const struct layer_server_options options = {.host = host, .port = port, .bytes = &serving->bytes,
	                                             .allocator = &serving->arena.allocator};
	if (open_and_serve(serving, reference, &options, &error) < 0)
		return probe_fail(L, &error);
	lua_newtable(L);
	for (size_t i = 0; i < serving->image.layer_count; i++) {
		lua_newtable(L);
		lua_pushstring(L, layer_server_url(serving->server, i));
		lua_setfield(L, -2, "url");
		lua_pushstring(L, layer_server_digest(serving->server, i)->text);
		lua_setfield(L, -2, "digest");
		lua_pushinteger(L, (lua_Integer)serving->server->layers[i].size);
		lua_setfield(L, -2, "size");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	return 2;
}

static struct serving *check_serving(lua_State *L)
{
	struct serving *serving = luaL_checkudata(L, 1, class_name);
	luaL_argcheck(L, serving->server, 1, "stopped");
	return serving;
}

/* server:reach() --> true | nil, message, code */
static int l_reach(lua_State *L)
{
	struct tarsier_error error = {0, ""};
	int code = layer_server_reach(check_serving(L)->server, &error);
	return code < 0 ? probe_fail(L, &error) : (lua_pushboolean(L, 1), 1);
}

/* server:failure() --> true | nil, message, code */
static int l_failure(lua_State *L)
{
	struct tarsier_error error = {0, ""};
	int code = layer_server_failure(check_serving(L)->server, &error);
	return code < 0 ? probe_fail(L, &error) : (lua_pushboolean(L, 1), 1);
}

/* server:sent(layer), from 1 --> whether it went out whole, bytes of all */
static int l_sent(lua_State *L)
{
	struct serving *serving = check_serving(L);
	lua_pushboolean(L, layer_server_sent(serving->server, (size_t)luaL_checkinteger(L, 2) - 1));
	lua_pushinteger(L, (lua_Integer)atomic_load(&serving->bytes));
	return 2;
}

/* ---- an image whose layers are said to be in a registry ------------------------------------------------------------ */

struct located {
	struct image image; /* first: locate is given its address */
	const char *origin, *secret;
	size_t calls;       /* each has another token */
	int refusal;
	unsigned cancelling; /* milliseconds from the first call until the scan is cancelled; 0: it is not */
	atomic_bool cancelled;
	pthread_t canceller;
};

static void *cancel(void *argument)
{
	struct located *located = argument;
	usleep(located->cancelling * 1000);
	atomic_store(&located->cancelled, true);
	return NULL;
}

static int locate(const struct image *image, size_t layer, struct arena *arena, struct layer_address *address,
                  struct tarsier_error *error)
{
	struct located *located = (struct located *)image;
	struct tarsier_label *header = arena_alloc(arena, sizeof *header);
	if (located->refusal)
		return error_set(error, located->refusal, "the registry refuses");
	if (!header)
		return error_memory(error);
	if (located->cancelling && !located->calls)
		pthread_create(&located->canceller, NULL, cancel, located);
	header->key = "Authorization";
	header->value = arena_format(arena, "Bearer %s%zu", located->secret, ++located->calls);
	address->url = arena_format(arena, "%s%s", located->origin, image->layers[layer].blob.text);
	address->headers = header;
	address->header_count = 1;
	return TARSIER_OK;
}

static const char *field(lua_State *L, const char *key)
{
	lua_getfield(L, 1, key);
	const char *text = lua_tostring(L, -1);
	lua_pop(L, 1); /* the table keeps it */
	return text;
}

static void on_layer(void *user, size_t layer, bool sent)
{
	lua_State *L = user;
	lua_pushboolean(L, sent);
	lua_rawseti(L, -2, (lua_Integer)layer + 1);
}

static void on_warning(void *user, const char *message)
{
	lua_State *L = user;
	lua_pushstring(L, message);
	lua_setfield(L, -2, "warning");
}

/* The table of what was told is on top. */
static int scan_located(lua_State *L, struct located *located, struct arena *arena, struct tarsier_error *error)
{
	static const struct layer_options layers = {.threads = 1};
	const struct source_options source = {.platform = platform_of_this_machine(), .layers = &layers};
	const char *port = field(L, "layer_port"), *seconds = field(L, "seconds");
	const struct clair_config config = {
		.indexer = field(L, "clair"), .layer_host = field(L, "layer_host"), .layer_done = on_layer, .warn = on_warning,
		.cancelled = &located->cancelled, .layer_port = port ? (unsigned)atoi(port) : 0, .seconds = seconds ? (unsigned)atoi(seconds) : 0, .user = L};
	struct clair_result result;
	int code = image_open(arena, field(L, "reference"), &source, &located->image, error);
	if (code)
		return code;
	located->image.locate_layer = locate;
	code = clair_scan(&config, arena, &located->image, &result, error);
	if (located->cancelling && located->calls)
		pthread_join(located->canceller, NULL);
	image_close(&located->image);
	lua_pushinteger(L, (lua_Integer)located->calls);
	lua_setfield(L, -2, "located");
	return code;
}

/* scan_located { reference =, clair =, origin =, secret =, refusal = code, layer_host =, layer_port =, seconds =,
 * cancelling = milliseconds } -->
 * { whether each layer counts as sent …, located = number of calls, warning = } | nil, message, code, that table */
static int l_scan_located(lua_State *L)
{
	struct tarsier_error error = {0, ""};
	struct arena arena;
	const char *refusal = field(L, "refusal"), *cancelling = field(L, "cancelling");
	struct located located = {.origin = field(L, "origin"), .secret = field(L, "secret"),
	                          .refusal = refusal ? atoi(refusal) : 0,
	                          .cancelling = cancelling ? (unsigned)atoi(cancelling) : 0};
	arena_init(&arena, NULL);
	lua_newtable(L);
	int code = scan_located(L, &located, &arena, &error);
	arena_free(&arena);
	if (code >= 0)
		return 1;
	probe_fail(L, &error);
	lua_pushvalue(L, -4);
	return 4;
}

/* ---- JSON that comes in pieces ------------------------------------------------------------------------------------- */

static bool opens_named(void *user, const struct json_stream_place *place, bool is_object)
{
	(void)user, (void)is_object;
	return place->keys[place->depth - 1][0] != '-';
}

static int add_value(void *user, const struct json_stream_place *place, json_t *value, struct tarsier_error *error)
{
	lua_State *L = user;
	luaL_Buffer line;
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	(void)error;
	luaL_buffinit(L, &line);
	for (size_t i = 0; i < place->depth; i++) {
		luaL_addstring(&line, *place->keys[i] ? "." : "[]");
		luaL_addstring(&line, place->keys[i]);
	}
	luaL_addstring(&line, " = ");
	luaL_addstring(&line, text);
	free(text);
	luaL_pushresult(&line);
	lua_rawseti(L, 3, (lua_Integer)lua_rawlen(L, 3) + 1);
	return TARSIER_OK;
}

/* json_stream(text, size) --> { "place = value", … }: fed that many bytes at a time; keys that begin with "-" stay closed
 * | nil, message, code */
static int l_json_stream(lua_State *L)
{
	span text = probe_span(L, 1);
	size_t size = (size_t)luaL_checkinteger(L, 2);
	struct tarsier_error error = {0, ""};
	struct arena arena;
	arena_init(&arena, NULL);
	struct json_stream stream = {.opens = opens_named, .take = add_value, .user = L, .what = "it",
	                             .allocator = &arena.allocator};
	lua_settop(L, 2);
	lua_newtable(L);
	int code = json_stream_begin(&stream, &error);
	while (code >= 0 && text.len) {
		size_t count = size < text.len ? size : text.len;
		code = json_stream_feed(&stream, (span){text.ptr, count}, &error);
		text = span_from(text, count);
	}
	if (code >= 0)
		code = json_stream_end(&stream, &error);
	json_stream_free(&stream);
	arena_free(&arena);
	return code < 0 ? probe_fail(L, &error) : 1;
}

/* set_timeout(milliseconds): the length of a second of a timeout, for what this module links once more */
static int l_set_timeout(lua_State *L)
{
	clock_set_second(1000, (unsigned)luaL_checkinteger(L, 1));
	return 0;
}

static const luaL_Reg functions[] = {{"jwt", l_jwt}, {"set_timeout", l_set_timeout},
                                     {"json_stream", l_json_stream}, {"base64", l_base64}, {"serve", l_serve},
                                     {"scan_located", l_scan_located}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"stop", l_stop}, {"reach", l_reach}, {"failure", l_failure}, {"sent", l_sent},
                                   {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", l_stop}, {"__close", l_stop}, {NULL, NULL}};

int probe_clair(lua_State *L)
{
	if (luaL_newmetatable(L, class_name)) {
		luaL_setfuncs(L, metamethods, 0);
		luaL_newlib(L, methods);
		lua_setfield(L, -2, "__index");
	}
	lua_pop(L, 1);
	luaL_newlib(L, functions);
	return 1;
}
