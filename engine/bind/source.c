#include "bind/source.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Scans read blobs in their own threads, which must not use the Lua state. So this holds all that they need. */
struct held_blob {
	const char *digest; /* NULL: the manifest */
	const char *bytes;  /* NULL: the blob is in a file */
	size_t length;
	const char *file;
};

struct held_image {
	struct tarsier_source source;
	size_t count;
	struct held_blob blobs[];
};

struct open_blob { const char *bytes; size_t left; FILE *file; };

static const struct held_blob *held_find(const struct held_image *image, const char *digest)
{
	for (size_t i = 0; i < image->count; i++) {
		const char *own = image->blobs[i].digest;
		if (digest && own ? strcmp(digest, own) == 0 : digest == own)
			return &image->blobs[i];
	}
	return NULL;
}

static int blob_open(void *user, const char *digest, void **blob, uint64_t *length)
{
	const struct held_blob *held = held_find(user, digest);
	if (!held)
		return TARSIER_NOT_FOUND;
	struct open_blob *open = calloc(1, sizeof *open);
	if (!open)
		return TARSIER_MEMORY;
	*open = (struct open_blob){.bytes = held->bytes, .left = held->length};
	open->file = held->file ? fopen(held->file, "rbe") : NULL;
	if (held->file && !open->file) {
		free(open);
		return TARSIER_IO;
	}
	if (held->bytes)
		*length = held->length;
	*blob = open;
	return TARSIER_OK;
}

static ptrdiff_t blob_read(void *user, void *blob, void *into, size_t length)
{
	(void)user;
	struct open_blob *open = blob;
	if (open->file) {
		size_t got = fread(into, 1, length, open->file);
		return got == 0 && ferror(open->file) ? TARSIER_IO : (ptrdiff_t)got;
	}
	size_t got = length < open->left ? length : open->left;
	memcpy(into, open->bytes, got);
	open->bytes += got;
	open->left -= got;
	return (ptrdiff_t)got;
}

static void blob_close(void *user, void *blob)
{
	(void)user;
	struct open_blob *open = blob;
	if (open->file)
		fclose(open->file);
	free(open);
}

/* ---- from a table ------------------------------------------------------------------------------------------------- */

static const char *string_field(lua_State *L, int index, const char *key, size_t *length)
{
	if (lua_getfield(L, index, key) != LUA_TSTRING)
		luaL_error(L, "a source's '%s' must be a string, not %s", key, luaL_typename(L, -1));
	const char *text = lua_tolstring(L, -1, length);
	lua_pop(L, 1); /* the table keeps a reference to it */
	return text;
}

/* Reads the value on top of the stack: BYTES or { file = PATH }. */
static void read_value(lua_State *L, struct held_blob *blob)
{
	if (lua_type(L, -1) == LUA_TSTRING)
		blob->bytes = lua_tolstring(L, -1, &blob->length);
	else if (lua_istable(L, -1))
		blob->file = string_field(L, lua_gettop(L), "file", NULL);
	else
		luaL_error(L, "a source's blob %s must be a string or { file = PATH }, not %s", blob->digest, luaL_typename(L, -1));
}

static size_t count_pairs(lua_State *L, int index)
{
	size_t count = 0;
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
		count++;
	return count;
}

static void check_keys(lua_State *L, int index)
{
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
		const char *key = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
		if (strcmp(key, "name") != 0 && strcmp(key, "manifest") != 0 && strcmp(key, "blobs") != 0)
			luaL_error(L, "a source has name, manifest and blobs, not '%s'", key);
	}
}

static void read_blobs(lua_State *L, int blobs, struct held_image *image)
{
	for (lua_pushnil(L); lua_next(L, blobs); lua_pop(L, 1)) {
		if (lua_type(L, -2) != LUA_TSTRING)
			luaL_error(L, "a source's blobs have digests as keys, not %s", luaL_typename(L, -2));
		struct held_blob *blob = &image->blobs[image->count++];
		*blob = (struct held_blob){.digest = lua_tostring(L, -2)};
		read_value(L, blob);
	}
}

const struct tarsier_source *bind_push_source(lua_State *L, int index)
{
	size_t length;
	check_keys(L, index);
	const char *name = string_field(L, index, "name", NULL), *manifest = string_field(L, index, "manifest", &length);
	if (lua_getfield(L, index, "blobs") != LUA_TTABLE)
		luaL_error(L, "a source's 'blobs' must be a table, not %s", luaL_typename(L, -1));
	int blobs = lua_gettop(L);
	struct held_image *image = lua_newuserdatauv(L, sizeof *image + (count_pairs(L, blobs) + 1) * sizeof *image->blobs, 0);
	image->count = 1;
	image->blobs[0] = (struct held_blob){.bytes = manifest, .length = length};
	read_blobs(L, blobs, image);
	lua_remove(L, blobs);
	tarsier_source_init(&image->source);
	image->source.name = name;
	image->source.open = blob_open;
	image->source.read = blob_read;
	image->source.close = blob_close;
	image->source.user = image;
	return &image->source;
}
