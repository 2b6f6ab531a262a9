/* core.repository, core.pack, core.unpack, core.sign, core.verify, core.open_envelope, core.sha256: artifacts in registries */
#include "bind/core.h"
#include "bind/options.h"
#include "policy/push_report.h"
#include "tarsier_policy.h"
#include "tarsier_share.h"

#include <openssl/evp.h>

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

/* Pushes the text, and frees it even if memory runs out. */
static void push_owned(lua_State *L, char *text, size_t length)
{
	lua_pushcfunction(L, push_text);
	lua_pushlightuserdata(L, text);
	lua_pushinteger(L, (lua_Integer)length);
	int failed = lua_pcall(L, 2, 1, 0);
	tarsier_text_free(text);
	if (failed)
		lua_error(L);
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
	push_owned(L, text, length);
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

/* repository:text(digest, size) --> the blob's bytes | nil, message, code */
static int l_text(lua_State *L)
{
	tarsier_repository *repository = check(L);
	lua_Integer size = luaL_checkinteger(L, 3);
	char *text;
	size_t length;
	struct tarsier_error error;
	luaL_argcheck(L, size >= 0, 3, "0 or more");
	if (tarsier_repository_text(repository, luaL_checkstring(L, 2), (uint64_t)size, &text, &length, &error) < 0)
		return push_error(L, &error);
	push_owned(L, text, length);
	return 1;
}

/* repository:referrers(digest) --> index, are there more? | nil, message, code */
static int l_referrers(lua_State *L)
{
	tarsier_repository *repository = check(L);
	char *text;
	size_t length;
	int more;
	struct tarsier_error error;
	if (tarsier_repository_referrers(repository, luaL_checkstring(L, 2), &text, &length, &more, &error) < 0)
		return push_error(L, &error);
	push_owned(L, text, length);
	lua_pushboolean(L, more);
	return 2;
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

/* open_envelope(text, { key, … }) --> payload, the number of the key that signed it or nil | nil, message, code */
static int l_open_envelope(lua_State *L)
{
	enum { MOST_KEYS = 64 };
	const char *given[MOST_KEYS + 1] = {NULL};
	char *payload;
	size_t length, payload_length;
	int key;
	struct tarsier_error error;
	const char *text = luaL_checklstring(L, 1, &length);
	lua_Unsigned count = lua_rawlen(L, 2);
	luaL_argcheck(L, count <= MOST_KEYS, 2, "too many given");
	luaL_checkstack(L, MOST_KEYS + 8, "given");
	for (lua_Unsigned i = 0; i < count; i++) {
		lua_rawgeti(L, 2, (lua_Integer)i + 1);
		given[i] = luaL_checkstring(L, -1);
	}
	if (tarsier_open_envelope(text, length, given, &payload, &payload_length, &key, &error) < 0)
		return push_error(L, &error);
	push_owned(L, payload, payload_length);
	if (key < 0)
		lua_pushnil(L);
	else
		lua_pushinteger(L, key + 1);
	return 2;
}

/* sha256(bytes) --> "sha256:…" */
static int l_sha256(lua_State *L)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	size_t length;
	const char *bytes = luaL_checklstring(L, 1, &length);
	if (!EVP_Digest(bytes, length, hash, NULL, EVP_sha256(), NULL))
		return luaL_error(L, "sha256: this OpenSSL has no SHA-256");
	luaL_Buffer text;
	luaL_buffinit(L, &text);
	luaL_addstring(&text, "sha256:");
	for (int i = 0; i < 32; i++) {
		luaL_addchar(&text, "0123456789abcdef"[hash[i] >> 4]);
		luaL_addchar(&text, "0123456789abcdef"[hash[i] & 15]);
	}
	luaL_pushresult(&text);
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
                                     {"sign", l_sign}, {"open_envelope", l_open_envelope},
                                     {"sha256", l_sha256}, {NULL, NULL}};
static const luaL_Reg methods[] = {{"manifest", l_manifest}, {"blob", l_blob}, {"text", l_text},
                                   {"referrers", l_referrers}, {"put_blob", l_put_blob}, {"put_manifest", l_put_manifest}, {"close", l_close}, {NULL, NULL}};
static const luaL_Reg metamethods[] = {{"__gc", l_close}, {"__close", l_close}, {NULL, NULL}};

int bind_share_open(lua_State *L)
{
	bind_class(L, class_name, metamethods, methods);
	luaL_newlib(L, functions);
	return 1;
}
