/* floor 3: patterns and layer index, with readers that the spec makes up */
#include "layer/layer.h"
#include "probe.h"

#include <stdlib.h>
#include <string.h>

int probe_layer(lua_State *L);

/* ---- readers ---------------------------------------------------------------------------------------------------- */

/* Evidence is lines: "name version" is a package, "!message" a failure. */
static int read_lines(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content, line, name, version;
	while (span_next(&rest, '\n', &line)) {
		char *one, *two;
		if (span_starts(line, "!"))
			return error_set(error, TARSIER_FORMAT, "%.*s", SPAN_ARG(span_from(line, 1)));
		span_cut(line, ' ', &name, &version);
		if (!(one = span_copy(output->arena, name)) || !(two = span_copy(output->arena, version)))
			return error_memory(error);
		int code = reader_output_add(output, &(struct package){.type = "test", .name = one, .version = two},
		                         error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

/* The same as a stream: the line that a piece ends in is put together in the file's own memory. "=" means enough. */
struct lines { char *line; size_t length; bool first; };
enum { LONGEST_LINE = 200 };

static int begin_lines(struct evidence_stream *file, struct tarsier_error *error)
{
	struct lines *lines = file->state = arena_alloc(file->work, sizeof *lines);
	if (!lines || !(lines->line = arena_alloc(file->work, LONGEST_LINE)))
		return error_memory(error);
	lines->first = true;
	return TARSIER_OK;
}

/* "+" takes memory. */
static int take_line(struct evidence_stream *file, struct tarsier_error *error)
{
	struct lines *lines = file->state;
	span line = {lines->line, lines->length};
	lines->length = 0;
	if (span_starts(line, "=") || span_starts(line, "#"))
		return span_starts(line, "=");
	if (span_starts(line, "+"))
		return arena_alloc(file->work, 10000) ? TARSIER_OK : error_memory(error);
	return read_lines(&(struct evidence){.path = file->path, .content = line}, file->output, error);
}

static int feed_lines(struct evidence_stream *file, span piece, struct tarsier_error *error)
{
	struct lines *lines = file->state;
	int code = TARSIER_OK;
	while (piece.len && code == 0) {
		const char *end = memchr(piece.ptr, '\n', piece.len);
		size_t length = end ? (size_t)(end - piece.ptr) : piece.len, room = LONGEST_LINE - lines->length;
		memcpy(lines->line + lines->length, piece.ptr, length < room ? length : room);
		lines->length += length < room ? length : room;
		piece = span_from(piece, length + !!end);
		code = end ? take_line(file, error) : TARSIER_OK;
	}
	return code;
}

static int end_lines(struct evidence_stream *file, struct tarsier_error *error)
{
	return take_line(file, error) < 0 ? error->code : TARSIER_OK;
}

static bool claims_lines(const struct claim *file)
{
	return span_starts(file->head, "#!lines");
}

enum { MOST = 64 };
struct readers {
	struct reader readers[MOST];
	const struct reader *list[MOST + 1];
	const char *patterns[MOST][MOST + 1];
};

/* { { name = "dpkg", limit = n, keep = true, "pattern", … }, … } at `index`, whose strings stay there. `stream` = bytes of
 * memory makes it a stream; `claims`, one that also claims what begins with "#!lines" */
static struct readers *get_readers(lua_State *L, int index)
{
	struct readers *readers = lua_newuserdatauv(L, sizeof *readers, 0);
	memset(readers, 0, sizeof *readers);
	if (!lua_istable(L, index))
		return readers;
	for (int i = 0; i < MOST && lua_rawgeti(L, index, i + 1) == LUA_TTABLE; i++, lua_pop(L, 1)) {
		struct reader *reader = &readers->readers[i];
		lua_getfield(L, -1, "name");
		lua_getfield(L, -2, "limit");
		lua_getfield(L, -3, "keep");
		*reader = (struct reader){
			.name = luaL_checkstring(L, -3),
			.limit = (size_t)luaL_optinteger(L, -2, 1 << 20),
			.keep = lua_toboolean(L, -1),
			.version = 1,
			.evidence = readers->patterns[i],
			.read = read_lines,
		};
		lua_pop(L, 3);
		lua_getfield(L, -1, "stream");
		lua_getfield(L, -2, "claims");
		if (lua_isinteger(L, -2)) {
			reader->read = NULL;
			reader->work = (size_t)lua_tointeger(L, -2);
			reader->begin = begin_lines;
			reader->feed = feed_lines;
			reader->end = end_lines;
		}
		reader->claims = lua_toboolean(L, -1) ? claims_lines : NULL;
		lua_pop(L, 2);
		for (int j = 0; j < MOST && lua_rawgeti(L, -1, j + 1) == LUA_TSTRING; j++, lua_pop(L, 1))
			readers->patterns[i][j] = lua_tostring(L, -1);
		lua_pop(L, 1);
		readers->list[i] = reader;
	}
	lua_pop(L, 1);
	return readers;
}

/* match({ reader, … }, { path, … }, [{ added path = reader's index }]) --> { name or false, … } */
static int l_match(lua_State *L)
{
	struct readers *readers = get_readers(L, 1);
	struct arena arena;
	struct path_match *patterns;
	struct tarsier_error error = {0};
	arena_init(&arena, NULL);
	int code = path_match_new(&arena, readers->list, &patterns, &error);
	for (lua_pushnil(L); code >= 0 && lua_istable(L, 3) && lua_next(L, 3); lua_pop(L, 1))
		code = path_match_add(patterns, lua_tostring(L, -2), readers->list[lua_tointeger(L, -1) - 1], &error);
	lua_newtable(L);
	for (lua_Integer i = 1; code >= 0 && lua_rawgeti(L, 2, i) == LUA_TSTRING; i++) {
		span path = probe_span(L, -1);
		const struct reader *reader = path_match_find(patterns, path);
		lua_pop(L, 1);
		if (reader)
			lua_pushstring(L, reader->name);
		else
			lua_pushboolean(L, 0);
		lua_rawseti(L, -2, i);
	}
	arena_free(&arena);
	if (code < 0)
		return probe_fail(L, &error);
	return lua_istable(L, -1) ? 1 : (lua_pop(L, 1), 1);
}

/* fingerprint({ reader, … }) --> "dpkg:1 python:1" */
static int l_fingerprint(lua_State *L)
{
	struct readers *readers = get_readers(L, 1);
	struct arena arena;
	arena_init(&arena, NULL);
	lua_pushstring(L, readers_fingerprint(&arena, readers->list));
	arena_free(&arena);
	return 1;
}

/* ---- an index as a table ---------------------------------------------------------------------------------------- */

static void set_string(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

static void set_integer(lua_State *L, const char *key, uint64_t value)
{
	lua_pushinteger(L, (lua_Integer)value);
	lua_setfield(L, -2, key);
}

static void push_file(lua_State *L, const struct layer_file *file)
{
	lua_newtable(L);
	set_string(L, "path", file->path);
	set_string(L, "reader", file->reader->name);
	if (file->problem)
		set_string(L, "problem", file->problem);
	if (file->content.len) {
		lua_pushlstring(L, file->content.ptr, file->content.len);
		lua_setfield(L, -2, "content");
	}
	lua_createtable(L, (int)file->package_count, 0);
	for (size_t i = 0; i < file->package_count; i++) {
		lua_pushfstring(L, "%s %s", file->packages[i].name, file->packages[i].version);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "packages");
}

/* Those that are files, or those that only have the name of one. */
static void push_files(lua_State *L, const struct layer_index *index, bool missing)
{
	lua_createtable(L, (int)index->file_count, 0);
	for (size_t i = 0; i < index->file_count; i++) {
		if (index->files[i].gone || index->files[i].missing != missing)
			continue;
		push_file(L, &index->files[i]);
		lua_rawseti(L, -2, luaL_len(L, -2) + 1);
	}
}

static void push_link(lua_State *L, const struct layer_link *link)
{
	lua_newtable(L);
	set_string(L, "path", link->path);
	set_string(L, "target", link->target);
	lua_pushboolean(L, link->hard);
	lua_setfield(L, -2, "hard");
}

static void set_whiteouts(lua_State *L, const char *key, const struct layer_index *index, bool opaque)
{
	lua_newtable(L);
	for (size_t i = 0; i < index->whiteout_count; i++) {
		if (index->whiteouts[i].opaque != opaque)
			continue;
		lua_pushstring(L, index->whiteouts[i].path);
		lua_rawseti(L, -2, luaL_len(L, -2) + 1);
	}
	lua_setfield(L, -2, key);
}

/* A link is a file too; `has` is a function that asks layer_has of a copy of the marks. */
static int l_has(lua_State *L)
{
	struct layer_index index = {.taken = lua_touserdata(L, lua_upvalueindex(1))};
	index.taken_count = (size_t)lua_tointeger(L, lua_upvalueindex(2));
	return lua_pushboolean(L, layer_has(&index, probe_span(L, 1), lua_toboolean(L, 2))), 1;
}

static void push_index(lua_State *L, const struct layer_index *index)
{
	lua_newtable(L);
	set_string(L, "blob", index->blob.text);
	set_string(L, "diff_id", index->diff_id.text);
	set_integer(L, "blob_size", index->blob_size);
	set_integer(L, "tar_size", index->tar_size);
	set_integer(L, "entries", index->entries);
	set_integer(L, "taken", index->taken_count);
	set_integer(L, "used", index->arena.used);
	push_files(L, index, false);
	lua_setfield(L, -2, "files");
	push_files(L, index, true);
	lua_setfield(L, -2, "missing");
	lua_createtable(L, (int)index->link_count, 0);
	for (size_t i = 0; i < index->link_count; i++) {
		if (index->links[i].gone)
			continue;
		push_link(L, &index->links[i]);
		lua_rawseti(L, -2, luaL_len(L, -2) + 1);
	}
	lua_setfield(L, -2, "links");
	set_whiteouts(L, "whiteouts", index, false);
	set_whiteouts(L, "opaques", index, true);
	size_t size = index->taken_count * sizeof *index->taken;
	memcpy(lua_newuserdatauv(L, size + 1, 0), index->taken, size);
	lua_pushinteger(L, (lua_Integer)index->taken_count);
	lua_pushcclosure(L, l_has, 2);
	lua_setfield(L, -2, "has");
}

/* ---- reading ---------------------------------------------------------------------------------------------------- */

struct counting { size_t live, peak, calls, fail_at; }; /* an allocator that counts, and fails at one call */

static void *count_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	struct counting *counting = user;
	if (new_size && __atomic_add_fetch(&counting->calls, 1, __ATOMIC_RELAXED) == counting->fail_at)
		return NULL;
	void *moved = new_size ? realloc(ptr, new_size) : (free(ptr), NULL);
	if (moved || !new_size) {
		size_t live = __atomic_add_fetch(&counting->live, new_size - old_size, __ATOMIC_RELAXED);
		if (live > counting->peak) /* all that is large is allocated in one thread */
			counting->peak = live;
	}
	return moved;
}

/* A stream that fails after so many bytes, or cancels. */
struct trap {
	struct stream stream;
	struct stream *inner;
	uint64_t left;
	atomic_bool *cancelled; /* set instead of failing; or NULL */
};

static ssize_t read_trap(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct trap *trap = (struct trap *)stream;
	if (trap->left == 0 && !trap->cancelled)
		return error_set(error, TARSIER_IO, "the disk is gone");
	if (trap->left == 0)
		atomic_store(trap->cancelled, true);
	else if (size > trap->left)
		size = (size_t)trap->left;
	ssize_t got = stream_read(trap->inner, buffer, size, error);
	if (got > 0 && trap->left)
		trap->left -= (uint64_t)got;
	return got;
}

static void close_trap(struct stream *stream)
{
	stream_close(((struct trap *)stream)->inner);
}

static lua_Integer number_field(lua_State *L, const char *key, lua_Integer otherwise)
{
	lua_getfield(L, 2, key);
	lua_Integer value = luaL_optinteger(L, -1, otherwise);
	lua_pop(L, 1);
	return value;
}

static struct digest digest_field(lua_State *L, const char *key)
{
	struct digest digest = {""};
	struct tarsier_error error;
	lua_getfield(L, 2, key);
	if (lua_isstring(L, -1) && digest_parse(probe_span(L, -1), &digest, &error) < 0)
		luaL_error(L, "%s", error.message);
	lua_pop(L, 1);
	return digest;
}

/* index(path, { threads = n, readers = {…}, blob = digest, diff_id = digest, size = n, skip_diff_id = 1, tar_limit = n, all_readers = 1,
 *               fail_after = bytes, cancel_after = bytes, fail_alloc = n }) --> the index, or nil, message, "CODE";
 * then the bytes counted, the allocations made and the most bytes that were allocated at a time */
static int l_index(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	luaL_checktype(L, 2, LUA_TTABLE);
	lua_getfield(L, 2, "readers");
	struct readers *readers = get_readers(L, lua_gettop(L));
	lua_Integer fail_after = number_field(L, "fail_after", -1), cancel_after = number_field(L, "cancel_after", -1);
	struct counting counting = {.fail_at = (size_t)number_field(L, "fail_alloc", 0)};
	struct tarsier_allocator allocator = {count_resize, &counting};
	atomic_uint_fast64_t bytes = 0;
	atomic_bool cancelled = false;
	struct layer_expected expected = {
		.blob = digest_field(L, "blob"),
		.diff_id = digest_field(L, "diff_id"),
		.size = (uint64_t)number_field(L, "size", -1),
	};
	struct arena arena;
	struct tarsier_error error = {0};
	struct layer_options options = {
		.allocator = &allocator,
		.want_diff_id = !number_field(L, "skip_diff_id", 0),
		.bytes = &bytes,
		.cancelled = &cancelled,
		.threads = (unsigned)number_field(L, "threads", 1),
		.tar_limit = (uint64_t)number_field(L, "tar_limit", 0),
	};
	struct path_match *patterns = NULL;
	struct layer_index *index = NULL;
	struct trap trap = {.stream = {.read = read_trap, .close = close_trap}, .left = UINT64_MAX};
	if (fail_after >= 0 || cancel_after >= 0)
		trap.left = (uint64_t)(fail_after >= 0 ? fail_after : cancel_after);
	if (cancel_after >= 0)
		trap.cancelled = &cancelled;
	arena_init(&arena, NULL);
	const struct reader *const *list = number_field(L, "all_readers", 0) ? readers_all : readers->list;
	int code = path_match_new(&arena, list, &patterns, &error);
	if (code >= 0)
		code = stream_open_file(&arena, path, &trap.inner, &error);
	options.patterns = patterns;
	if (code >= 0)
		code = layer_read(&trap.stream, &expected, &options, &index, &error);
	if (code < 0)
		probe_fail(L, &error);
	else
		push_index(L, index);
	layer_index_free(index);
	arena_free(&arena);
	if (counting.live)
		return luaL_error(L, "%I bytes were not given back", (lua_Integer)counting.live);
	lua_pushinteger(L, (lua_Integer)bytes);
	lua_pushinteger(L, (lua_Integer)counting.calls);
	lua_pushinteger(L, (lua_Integer)counting.peak);
	return code < 0 ? 6 : 4;
}

/* What the builder has made, which is freed: the index; or nil, message, "CODE" */
static int push_built(lua_State *L, int code, struct layer_builder *builder, struct tarsier_error *error)
{
	struct layer_index *index = NULL;
	if (code < 0)
		layer_builder_free(builder);
	else
		code = layer_builder_finish(builder, &index, error);
	if (code < 0)
		probe_fail(L, error);
	else
		push_index(L, index);
	layer_index_free(index);
	return code < 0 ? 3 : 1;
}

/* pushed(tar, length, readers) --> the index of a tar that comes in pieces of this many bytes */
static int l_pushed(lua_State *L)
{
	span tar = probe_span(L, 1);
	size_t length = (size_t)luaL_checkinteger(L, 2);
	luaL_argcheck(L, length, 2, "at least 1");
	struct arena arena;
	struct tarsier_error error = {0};
	struct path_match *patterns = NULL;
	struct layer_builder *builder = NULL;
	arena_init(&arena, NULL);
	int code = path_match_new(&arena, get_readers(L, 3)->list, &patterns, &error);
	struct layer_options options = {.patterns = patterns};
	if (code >= 0)
		code = layer_builder_new(&options, &builder, &error);
	for (size_t at = 0; code >= 0 && at < tar.len; at += length) {
		span rest = span_from(tar, at);
		code = layer_builder_push(builder, (span){rest.ptr, rest.len < length ? rest.len : length}, &error);
	}
	int count = push_built(L, code, builder, &error);
	arena_free(&arena);
	return count;
}

/* built({ { "file", path, content or nil }, { "link"|"hard", path, target }, { "directory", path } … }, readers) -->
 * the index */
static int l_built(lua_State *L)
{
	struct readers *readers = get_readers(L, 2);
	struct arena arena;
	struct tarsier_error error = {0};
	struct path_match *patterns = NULL;
	struct layer_builder *builder = NULL;
	arena_init(&arena, NULL);
	int code = path_match_new(&arena, readers->list, &patterns, &error);
	struct layer_options options = {.patterns = patterns};
	if (code >= 0)
		code = layer_builder_new(&options, &builder, &error);
	for (lua_Integer i = 1; code >= 0 && lua_rawgeti(L, 1, i) == LUA_TTABLE; i++) {
		struct stream *content = NULL;
		lua_rawgeti(L, -1, 1);
		lua_rawgeti(L, -2, 2);
		lua_rawgeti(L, -3, 3);
		span kind = span_of(lua_tostring(L, -3)), path = span_of(lua_tostring(L, -2)),
		     third = span_of(lua_tostring(L, -1));
		if (span_is(kind, "directory"))
			code = layer_builder_directory(builder, path, &error);
		else if (!span_is(kind, "file"))
			code = layer_builder_link(builder, path, third, span_is(kind, "hard"), &error);
		else if ((code = stream_open_memory(&arena, third, &content, &error)) >= 0)
			code = layer_builder_file(builder, &(struct tar_entry){.path = path, .type = '0', .size = third.len},
			                          third.ptr ? content : NULL, &error);
		lua_pop(L, 4);
	}
	int count = push_built(L, code, builder, &error);
	arena_free(&arena);
	return count;
}

static const luaL_Reg functions[] = {
	{"match", l_match}, {"fingerprint", l_fingerprint}, {"index", l_index}, {"built", l_built}, {"pushed", l_pushed},
	{NULL, NULL}};

int probe_layer(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
