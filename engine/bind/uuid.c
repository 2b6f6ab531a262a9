/* core.uuid5: names that stay the same in every scan */
#include "bind/core.h"

#include <openssl/evp.h>

int bind_uuid_open(lua_State *L);

enum { UUID_BYTES = 16 };

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* UUID: 8-4-4-4-12 hexadecimal digits (RFC 9562, section 4). Returns 0, or -1 if the text is not one. */
static int uuid_read(const char *text, size_t length, unsigned char *out)
{
	static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t digits = 0;
	if (length != sizeof shape - 1)
		return -1;
	for (size_t i = 0; i < length; i++) {
		int digit = hex_digit(text[i]);
		if (shape[i] == '-' ? text[i] != '-' : digit < 0)
			return -1;
		if (shape[i] == '-')
			continue;
		out[digits / 2] = (unsigned char)(digits % 2 ? out[digits / 2] | digit : digit << 4);
		digits++;
	}
	return 0;
}

static void uuid_write(const unsigned char *uuid, char *out)
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < UUID_BYTES; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[uuid[i] >> 4];
		*out++ = hex[uuid[i] & 15];
	}
}

/* uuid5(namespace, name) -> string: the UUID of RFC 9562's version 5, SHA-1 over the namespace and the name. */
static int l_uuid5(lua_State *L)
{
	size_t length, name_length;
	const char *text = luaL_checklstring(L, 1, &length);
	const char *name = luaL_checklstring(L, 2, &name_length);
	unsigned char namespace[UUID_BYTES], hash[EVP_MAX_MD_SIZE];
	char out[36];
	luaL_argcheck(L, uuid_read(text, length, namespace) == 0, 1, "a UUID is 8-4-4-4-12 hexadecimal digits");

	luaL_Buffer buffer;
	luaL_buffinit(L, &buffer);
	luaL_addlstring(&buffer, (const char *)namespace, sizeof namespace);
	luaL_addlstring(&buffer, name, name_length);
	luaL_pushresult(&buffer);
	const char *data = lua_tolstring(L, -1, &length);
	if (!EVP_Digest(data, length, hash, NULL, EVP_sha1(), NULL))
		return luaL_error(L, "uuid5: this OpenSSL has no SHA-1");

	hash[6] = (unsigned char)((hash[6] & 0x0f) | 0x50); /* version 5 */
	hash[8] = (unsigned char)((hash[8] & 0x3f) | 0x80); /* the RFC's variant */
	uuid_write(hash, out);
	lua_pushlstring(L, out, sizeof out);
	return 1;
}

int bind_uuid_open(lua_State *L)
{
	static const luaL_Reg functions[] = { { "uuid5", l_uuid5 }, { NULL, NULL } };
	luaL_newlib(L, functions);
	return 1;
}
