/* floor 2: streams, codecs, tars, zips */
#include "probe.h"
#include "base/dl.h"
#include "stream/codec.h"
#include "stream/inflate.h"
#include "stream/tar.h"
#include "stream/zip.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

extern const struct codec codec_gzip_zlib, codec_gzip_isal;

int probe_streams(lua_State *L);

static lua_Integer option(lua_State *L, int index, const char *name, lua_Integer otherwise)
{
	lua_Integer value = otherwise;
	if (lua_istable(L, index)) {
		if (lua_getfield(L, index, name) == LUA_TNUMBER)
			value = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	return value;
}

/* ---- a stream that gives its bytes in pieces, and may break ----------------------------------------------------- */

struct pieces {
	struct stream stream;
	span left;
	size_t most;
	uint32_t state; /* 0: pieces of `most` bytes, else of 1 to `most`, by this seed */
	bool breaks;
	int closed;
};

static ssize_t read_pieces(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct pieces *pieces = (struct pieces *)stream;
	size_t most = pieces->most;
	if (pieces->state) {
		pieces->state = pieces->state * 1664525u + 1013904223u;
		most = 1 + (pieces->state >> 8) % pieces->most;
	}
	if (pieces->left.len == 0)
		return pieces->breaks ? error_set(error, TARSIER_IO, "the disk is gone") : 0;
	if (size > most)
		size = most;
	if (size > pieces->left.len)
		size = pieces->left.len;
	memcpy(buffer, pieces->left.ptr, size);
	pieces->left = span_from(pieces->left, size);
	return (ssize_t)size;
}

static void close_pieces(struct stream *stream)
{
	((struct pieces *)stream)->closed++;
}

static struct pieces pieces_of(lua_State *L, span bytes, int options)
{
	return (struct pieces){
		.stream = {.read = read_pieces, .close = close_pieces},
		.left = bytes,
		.most = (size_t)option(L, options, "chunk", 65536),
		.state = (uint32_t)option(L, options, "seed", 0),
		.breaks = option(L, options, "breaks", 0) != 0,
	};
}

/* ---- inflate ---------------------------------------------------------------------------------------------------- */

/* codec(head) --> "gzip" */
static int l_codec(lua_State *L)
{
	return lua_pushstring(L, codec_name(codec_of(probe_span(L, 1)))), 1;
}

static int open_by(const char *name, struct arena *arena, struct stream *inner, struct stream **stream,
                   struct tarsier_error *error)
{
	const struct codec *codec;
	if (strcmp(name, "any") == 0)
		return inflate_open_any(arena, inner, &codec, stream, error);
	return (strcmp(name, "zlib") == 0 ? &codec_gzip_zlib : &codec_gzip_isal)->open(arena, inner, stream, error);
}

/* inflate(bytes, { by = "any"|"zlib"|"isal", chunk = n, seed = n, out = n, breaks = 1, limit = n, discard = 1 })
 * --> the bytes inflated, or only their number */
static int l_inflate(lua_State *L)
{
	struct pieces pieces = pieces_of(L, probe_span(L, 1), 2);
	size_t out = (size_t)option(L, 2, "out", 65536), total = 0;
	bool discard = option(L, 2, "discard", 0) != 0;
	const char *by = "any";
	if (lua_istable(L, 2) && lua_getfield(L, 2, "by") == LUA_TSTRING)
		by = lua_tostring(L, -1);
	struct arena arena;
	struct buffer buffer;
	struct stream *stream = NULL;
	struct tarsier_error error = {0};
	arena_init(&arena, NULL);
	buffer_init(&buffer, NULL);
	int code = open_by(by, &arena, &pieces.stream, &stream, &error);
	while (code >= 0) {
		if (!buffer_reserve(&buffer, out)) {
			code = error_memory(&error);
			break;
		}
		ssize_t got = stream_read(stream, buffer.data + buffer.length, out, &error);
		if (got <= 0) {
			code = (int)got;
			break;
		}
		total += (size_t)got;
		if (!discard)
			buffer.length += (size_t)got;
	}
	if (code < 0 && stream && stream_read(stream, buffer.data, 1, NULL) != code)
		luaL_error(L, "the failure did not stick");
	stream_close(stream ? stream : &pieces.stream);
	if (pieces.closed != 1)
		luaL_error(L, "closed %d times", pieces.closed);
	if (code < 0)
		probe_fail(L, &error);
	else if (discard)
		lua_pushinteger(L, (lua_Integer)total);
	else
		lua_pushlstring(L, buffer.data ? buffer.data : "", buffer.length);
	buffer_free(&buffer);
	arena_free(&arena);
	return code < 0 ? 3 : 1;
}

/* ---- streams over files ----------------------------------------------------------------------------------------- */

static int push_all(lua_State *L, struct stream *stream, int code, size_t limit, struct tarsier_error *error)
{
	struct buffer buffer;
	buffer_init(&buffer, NULL);
	if (code >= 0)
		code = stream_read_all(stream, &buffer, limit, error);
	stream_close(stream);
	if (code < 0)
		probe_fail(L, error);
	else
		lua_pushlstring(L, buffer.data ? buffer.data : "", buffer.length);
	buffer_free(&buffer);
	return code < 0 ? 3 : 1;
}

/* read(path, { limit = n, offset = n, length = n, head = n }): the file, or a range of it, or `head` bytes looked at
 * first */
static int l_read(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	lua_Integer offset = option(L, 2, "offset", -1), head = option(L, 2, "head", 0);
	size_t limit = (size_t)option(L, 2, "limit", 1 << 20);
	struct arena arena;
	struct stream *stream = NULL, *whole = NULL;
	struct tarsier_error error = {0};
	int fd = -1, code;
	arena_init(&arena, NULL);
	if (offset >= 0) {
		fd = open(path, O_RDONLY);
		code = stream_open_range(&arena, fd, (uint64_t)offset, (uint64_t)option(L, 2, "length", 0), path,
		                         &stream, &error);
	} else {
		code = stream_open_file(&arena, path, &stream, &error);
	}
	if (code >= 0 && head) {
		char *start = arena_alloc(&arena, (size_t)head);
		ssize_t got = stream_fill(stream, start, (size_t)head, &error);
		code = stream_open_prefixed(&arena, (span){start, (size_t)got}, stream, &whole, &error);
		stream = whole;
	}
	int count = push_all(L, stream, code, limit, &error);
	arena_free(&arena);
	if (fd >= 0)
		close(fd);
	return count;
}

/* ---- tar -------------------------------------------------------------------------------------------------------- */

struct listing {
	lua_State
		*L; /* the list is on top; its last entry is being filled. Nothing here fails but for want of memory. */
	lua_Integer count;
	size_t limit;
	struct buffer data;
};

static void push_entry(lua_State *L, const char *key, span value)
{
	lua_pushlstring(L, value.ptr ? value.ptr : "", value.len);
	lua_setfield(L, -2, key);
}

static int list_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error)
{
	struct listing *listing = user;
	lua_State *L = listing->L;
	(void)error;
	lua_createtable(L, 0, 5);
	push_entry(L, "path", entry->path);
	push_entry(L, "link", entry->link);
	push_entry(L, "type", (span){&entry->type, 1});
	lua_pushinteger(L, (lua_Integer)entry->size);
	lua_setfield(L, -2, "size");
	lua_pushinteger(L, entry->mode);
	lua_setfield(L, -2, "mode");
	lua_rawseti(L, -2, ++listing->count);
	listing->data.length = 0;
	return entry->size <= listing->limit;
}

static int list_data(void *user, span piece, struct tarsier_error *error)
{
	struct listing *listing = user;
	return buffer_add(&listing->data, piece.ptr, piece.len) ? TARSIER_OK : error_memory(error);
}

static int list_done(void *user, struct tarsier_error *error)
{
	struct listing *listing = user;
	(void)error;
	lua_rawgeti(listing->L, -1, listing->count);
	push_entry(listing->L, "data", buffer_span(&listing->data));
	lua_pop(listing->L, 1);
	return TARSIER_OK;
}

/* tar(bytes, { chunk = n, seed = n, limit = bytes of data to give }) --> { { path, link, type, size, mode, data }, … }
 */
static int l_tar(lua_State *L)
{
	struct pieces pieces = pieces_of(L, probe_span(L, 1), 2);
	struct listing listing = {.L = L, .limit = (size_t)option(L, 2, "limit", 1 << 20)};
	struct tar_sink sink = {list_entry, list_data, list_done, &listing};
	struct arena arena;
	struct tarsier_error error = {0};
	struct tar *tar = NULL;
	arena_init(&arena, NULL);
	buffer_init(&listing.data, NULL);
	lua_newtable(L);
	int code = tar_new(&arena, &sink, &tar, &error);
	while (code >= 0 && pieces.left.len) {
		/* A piece has its own memory, no larger than itself, so that a sanitizer sees every step beyond it. */
		char *block = malloc(pieces.most);
		ssize_t got = read_pieces(&pieces.stream, block, pieces.most, &error);
		char *piece = realloc(block, (size_t)got);
		code = tar_push(tar, (span){piece, (size_t)got}, &error);
		free(piece);
	}
	if (code >= 0)
		code = tar_finish(tar, &error);
	tar_free(tar);
	buffer_free(&listing.data);
	arena_free(&arena);
	return code < 0 ? probe_fail(L, &error) : 1;
}

/* ---- what libarchive makes of a tar ----------------------------------------------------------------------------- */

#define ARCHIVE_FUNCTIONS(X) \
	X(read_new, archive_read_new) \
	X(support_tar, archive_read_support_format_tar) \
	X(open_memory, archive_read_open_memory) \
	X(next_header, archive_read_next_header) \
	X(read_data, archive_read_data) \
	X(read_free, archive_read_free) \
	X(error_string, archive_error_string) \
	X(pathname, archive_entry_pathname) \
	X(hardlink, archive_entry_hardlink) \
	X(symlink, archive_entry_symlink) \
	X(filetype, archive_entry_filetype) \
	X(size, archive_entry_size)

struct tar_library { ARCHIVE_FUNCTIONS(DL_FIELD) };

static int push_libarchive(lua_State *L, const struct tar_library *library, span bytes)
{
	struct archive *archive = library->read_new();
	struct archive_entry *entry;
	int code = 0;
	lua_newtable(L);
	library->support_tar(archive);
	library->open_memory(archive, bytes.ptr, bytes.len);
	for (lua_Integer i = 1; (code = library->next_header(archive, &entry)) == 0 || code == ARCHIVE_WARN; i++) {
		const char *hard = library->hardlink(entry), *soft = library->symlink(entry);
		unsigned type = library->filetype(entry);
		const char *kind = hard ? "1" : soft ? "2" : type == AE_IFDIR ? "5" : type == AE_IFREG ? "0" : "device";
		luaL_Buffer data;
		ssize_t got;
		char block[4096];
		lua_createtable(L, 0, 4);
		push_entry(L, "path", span_of(library->pathname(entry)));
		push_entry(L, "link", span_of(hard ? hard : soft));
		push_entry(L, "type", span_of(kind));
		luaL_buffinit(L, &data);
		int64_t left = *kind == '0' ? library->size(entry) : 0;
		while ((got = library->read_data(archive, block, sizeof block)) > 0) {
			luaL_addlstring(&data, block, (size_t)got);
			left -= got;
		}
		while (left-- > 0) /* it stops before a hole at the end */
			luaL_addchar(&data, 0);
		luaL_pushresult(&data);
		if (*kind == '0')
			lua_setfield(L, -2, "data");
		else
			lua_pop(L, 1);
		lua_rawseti(L, -2, i);
	}
	if (code != ARCHIVE_EOF) {
		lua_pushnil(L);
		lua_pushstring(L, library->error_string(archive));
	}
	library->read_free(archive);
	return code == ARCHIVE_EOF ? 1 : 2;
}

/* libarchive(bytes) --> { { path, link, type, data }, … }; nil where there is no libarchive */
static int l_libarchive(lua_State *L)
{
	struct tar_library library;
	if (DL_LOAD(&library, ARCHIVE_FUNCTIONS, "libarchive.so.13", "needs", "libarchive13", NULL) < 0)
		return lua_pushnil(L), lua_pushstring(L, "needs libarchive: apt-get install libarchive13"), 2;
	return push_libarchive(L, &library, probe_span(L, 1));
}

/* ---- zip -------------------------------------------------------------------------------------------------------- */

/* zip(path) --> { { path, file, size, content or nil, problem or nil }, … } */
static int l_zip(lua_State *L)
{
	struct arena arena;
	struct zip_reader *reader = NULL;
	struct zip_member member;
	struct tarsier_error error = {0};
	arena_init(&arena, NULL);
	int open_files = probe_open_files();
	int code = zip_open(&arena, luaL_checkstring(L, 1), &reader, &error);
	lua_newtable(L);
	for (lua_Integer i = 1; code >= 0 && (code = zip_next(reader, &member, &error)) > 0; i++) {
		struct buffer content;
		struct tarsier_error problem = {0};
		buffer_init(&content, NULL);
		int read = stream_read_all(member.stream, &content, 1 << 20, &problem);
		lua_newtable(L);
		push_entry(L, "path", member.path);
		lua_pushboolean(L, member.file);
		lua_setfield(L, -2, "file");
		lua_pushinteger(L, member.size == UINT64_MAX ? -1 : (lua_Integer)member.size);
		lua_setfield(L, -2, "size");
		push_entry(L, read < 0 ? "problem" : "content",
		           read < 0 ? span_of(problem.message) : buffer_span(&content));
		lua_rawseti(L, -2, i);
		buffer_free(&content);
	}
	zip_close(reader);
	arena_free(&arena);
	if (probe_open_files() != open_files)
		return luaL_error(L, "descriptors were left open");
	return code < 0 ? probe_fail(L, &error) : 1;
}

/* gzip(bytes [, level]) --> a gzip file without a name and a time */
static int l_gzip(lua_State *L)
{
	enum { GZIP = 16 };
	size_t length;
	luaL_Buffer made;
	z_stream stream = {.next_in = (Bytef *)luaL_checklstring(L, 1, &length), .avail_in = (uInt)length};
	int level = (int)luaL_optinteger(L, 2, 1);
	if (deflateInit2(&stream, level, Z_DEFLATED, GZIP + MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return luaL_error(L, "deflateInit2: %s", stream.msg);
	stream.avail_out = (uInt)deflateBound(&stream, length);
	stream.next_out = (Bytef *)luaL_buffinitsize(L, &made, stream.avail_out);
	int code = deflate(&stream, Z_FINISH);
	luaL_pushresultsize(&made, stream.total_out);
	deflateEnd(&stream);
	return code == Z_STREAM_END ? 1 : luaL_error(L, "deflate: %d", code);
}

static const luaL_Reg functions[] = {
	{"codec", l_codec},           {"inflate", l_inflate}, {"read", l_read},  {"tar", l_tar},
	{"libarchive", l_libarchive}, {"zip", l_zip},         {"gzip", l_gzip}, {NULL, NULL},
};

int probe_streams(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
