/* core.repository, core.pack, core.unpack, core.sign and core.verify: databases in registries */
#include "bind/core.h"
#include "bind/options.h"
#include "policy/push_report.h"
#include "tarsier_policy.h"
#include "tarsier_share.h"

int bind_share_open(lua_State *L);

static const char class_name[] = "tarsier.repository";
static const char *const keys[] = {"registry_user", "registry_password", "ca_file", "plain_http", "writes", NULL};

static tarsier_repository *check(lua_State *L)
{
	tarsier_repository **box = luaL_checkudata(L, 1, class_name);
	luaL_argcheck(L, *box, 1, "the repository is closed");
	return *box;
}

/* repository("HOST/NAME:TAG" [, { registry_user =, registry_password =, ca_file =, plain_http =, writes = }]) --> repository |
 * nil, message, code */
static int l_repository(lua_State *L)
{
	const char *name = luaL_checkstring(L, 1);
	struct tarsier_repository_options options;
	struct tarsier_error error;
	lua_settop(L, 2);
	tarsier_repository_options_init(&options);
	if (lua_istable(L, 2)) {
		options_check(L, 2, keys, "repository");
		options.user = options_string(L, 2, "registry_user", "repository");
		options.password = options_string(L, 2, "registry_password", "repository");
		options.ca_file = options_string(L, 2, "ca_file", "repository");
		options.plain_http = options_flag(L, 2, "plain_http");
		options.writes = options_flag(L, 2, "writes");
	}
	tarsier_repository **box = lua_newuserdatauv(L, sizeof *box, 0);
	*box = NULL;
	luaL_setmetatable(L, class_name);
	if (tarsier_repository_open(name, &options, box, &error) < 0)
		return push_error(L, &error);
	return 1;
}

static int push_text(lua_State *L)
{
	lua_pushlstring(L, lua_touserdata(L, 1), (size_t)lua_tointeger(L, 2));
	return 1;
}

/* repository:manifest([tag or digest]) --> text, digest | nil, message, code */
static int l_manifest(lua_State *L)
{
	tarsier_repository *repository = check(L);
	char *text, digest[TARSIER_DIGEST_SIZE];
	size_t length;
	struct tarsier_error error;
	if (tarsier_repository_manifest(repository, luaL_optstring(L, 2, NULL), &text, &length, digest, &error) < 0)
		return push_error(L, &error);
	lua_pushcfunction(L, push_text);
	lua_pushlightuserdata(L, text);
	lua_pushinteger(L, (lua_Integer)length);
	int failed = lua_pcall(L, 2, 1, 0);
	tarsier_text_free(text);
	if (failed)
		return lua_error(L);
	lua_pushstring(L, digest);
	return 2;
}

/* repository:blob(digest, size, path) --> true | nil, message, code */
static int l_blob(lua_State *L)
{
	tarsier_repository *repository = check(L);
	struct tarsier_error error;
	lua_Integer size = luaL_checkinteger(L, 3);
	luaL_argcheck(L, size >= 0, 3, "0 or more");
	if (tarsier_repository_blob(repository, luaL_checkstring(L, 2), (uint64_t)size, luaL_checkstring(L, 4), &error) < 0)
		return push_error(L, &error);
	lua_pushboolean(L, 1);
	return 1;
}

/* repository:put_blob(path) --> digest, size | nil, message, code */
static int l_put_blob(lua_State *L)
{
	tarsier_repository *repository = check(L);
	char digest[TARSIER_DIGEST_SIZE];
	uint64_t size;
	struct tarsier_error error;
	if (tarsier_repository_put_blob(repository, luaL_checkstring(L, 2), digest, &size, &error) < 0)
		return push_error(L, &error);
	lua_pushstring(L, digest);
	lua_pushinteger(L, (lua_Integer)size);
	return 2;
}

/* repository:put_manifest(tag or nil, media type, text) --> digest | nil, message, code */
static int l_put_manifest(lua_State *L)
{
	tarsier_repository *repository = check(L);
	char digest[TARSIER_DIGEST_SIZE];
	size_t length;
	struct tarsier_error error;
	const char *text = luaL_checklstring(L, 4, &length);
	if (tarsier_repository_put_manifest(repository, luaL_optstring(L, 2, NULL), luaL_checkstring(L, 3), text, length, digest, &error) < 0)
		return push_error(L, &error);
	lua_pushstring(L, digest);
	return 1;
}

static int l_close(lua_State *L)
{
	tarsier_repository **box = luaL_checkudata(L, 1, class_name);
	tarsier_repository_free(*box);
	*box = NULL;
	return 0;
}

/* pack(from, to [, level [, prefix]]) --> digest of the content | nil, message, code */
static int l_pack(lua_State *L)
{
	struct tarsier_error error;
	char digest[TARSIER_DIGEST_SIZE];
	if (tarsier_pack(luaL_checkstring(L, 1), luaL_checkstring(L, 2), (int)luaL_optinteger(L, 3, 0), luaL_optstring(L, 4, NULL),
	                 digest, &error) < 0)
		return push_error(L, &error);
	lua_pushstring(L, digest);
	return 1;
}

/* unpack(from, to, limit [, prefix]) --> digest of the content | nil, message, code */
static int l_unpack(lua_State *L)
{
	struct tarsier_error error;
	char digest[TARSIER_DIGEST_SIZE];
	lua_Integer limit = luaL_checkinteger(L, 3);
	luaL_argcheck(L, limit >= 0, 3, "0 or more");
	if (tarsier_unpack(luaL_checkstring(L, 1), luaL_checkstring(L, 2), (uint64_t)limit, luaL_optstring(L, 4, NULL), digest,
	                   &error) < 0)
		return push_error(L, &error);
	lua_pushstring(L, digest);
	return 1;
}

/* verify(key, signature, text) --> trusted comment | nil, message, code */
static int l_verify(lua_State *L)
{
	char comment[1024];
	size_t length;
	struct tarsier_error error;
	const char *text = luaL_checklstring(L, 3, &length);
	if (tarsier_verify(luaL_checkstring(L, 1), luaL_checkstring(L, 2), text, length, comment, sizeof comment, &error) < 0)
		return push_error(L, &error);
	lua_pushstring(L, comment);
	return 1;
}

/* sign(key, password or nil, text, comment) --> signature | nil, message, code */
static int l_sign(lua_State *L)
{
	char *signature;
	size_t length;
	struct tarsier_error error;
	const char *text = luaL_checklstring(L, 3, &length);
	if (tarsier_sign(luaL_checkstring(L, 1), luaL_optstring(L, 2, NULL), text, length, luaL_checkstring(L, 4), &signature, &error) < 0)
		return push_error(L, &error);
	lua_pushstring(L, signature); /* if this raises because memory ran out, a small block leaks */
	tarsier_text_free(signature);
	return 1;
}

static const luaL_Reg functions[] = {{"repository", l_repository}, {"pack", l_pack}, {"unpack", l_unpack}, {"verify", l_verify},
                                     {"sign", l_sign}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"manifest", l_manifest}, {"blob", l_blob}, {"put_blob", l_put_blob},
                                   {"put_manifest", l_put_manifest}, {"close", l_close}, {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", l_close}, {"__close", l_close}, {NULL, NULL}};

int bind_share_open(lua_State *L)
{
	bind_class(L, class_name, metamethods, methods);
	luaL_newlib(L, functions);
	return 1;
}
