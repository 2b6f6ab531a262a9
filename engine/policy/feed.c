/* feeds in Lua: bytes to OSV records, in a sandbox for each file */
#include "format/json_tree.h"
#include "policy/lua_json.h"
#include "policy/script.h"
#include "stream/inflate.h"
#include "stream/json_read.h"
#include "tarsier_policy.h"

#include <stdlib.h>
#include <string.h>

/* The instructions are for each call, and start anew; the time is for the file. */
static const struct sandbox_limits limits = {.memory = 128 << 20, .instructions = 20 * 1000 * 1000, .seconds = 300};

enum {
	HEAD = 4096,
	TEXT_LIMIT = SANDBOX_PIECE / 2,  /* of a file that is read whole: parts of it must fit, too */
	LINE_LIMIT = 1 << 20,
	VALUE_LIMIT = 32 << 20,          /* of a JSON value in memory */
	RECORD_LIMIT = 16 << 20,         /* the largest published record has 2 MiB */
	NESTING = 64,
};

enum format { TEXT, LINES, JSON };

struct lua_feed {
	struct arena arena;
	struct script script;
	struct sandbox sandbox;
	enum format format;
	const char *name;            /* of the file */
	int (*write)(void *user, const char *text, size_t length);
	void *user;
	uint64_t records;
	struct tarsier_error *error;
	int code;                    /* of a failure outside of Lua */
	/* for one call */
	span text;
	const struct json_node *node;
	bool claimed;
};

/* The table that the script returned stays here between calls, so that a feed can remember a header's columns. */
static const char key;

static void push_table(lua_State *L)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key);
}

/* ---- what it is -------------------------------------------------------------------------------------------------- */

static int body_open(lua_State *L)
{
	static const char *const names[] = {"text", "lines", "json"};
	struct lua_feed *feed = lua_touserdata(L, 1);
	script_push(L, &feed->script);
	script_name(L, -1);
	lua_pop(L, 1);
	script_function(L, -1, "read");
	lua_pop(L, 1);
	const char *format = script_field(L, -1, "format");
	feed->format = TEXT;
	while (format && feed->format <= JSON && strcmp(names[feed->format], format) != 0)
		feed->format++;
	if (feed->format > JSON)
		return luaL_error(L, "'format' must be text, lines or json");
	lua_pop(L, 1);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key);
	return 0;
}

/* Without a function `recognise` it reads every file that it is given. */
static int body_claim(lua_State *L)
{
	struct lua_feed *feed = lua_touserdata(L, 1);
	push_table(L);
	feed->claimed = lua_getfield(L, -1, "recognise") == LUA_TNIL;
	if (feed->claimed)
		return 0;
	lua_pop(L, 1);
	script_function(L, -1, "recognise");
	lua_pushlstring(L, feed->text.ptr, feed->text.len);
	lua_call(L, 1, 1);
	feed->claimed = lua_toboolean(L, -1);
	return 0;
}

/* ---- records ----------------------------------------------------------------------------------------------------- */

/* null is absent in an object, and false in a list. */
static void push_node(lua_State *L, const struct json_node *node, int depth)
{
	sandbox_charge(L, 4);
	luaL_checkstack(L, 4, "JSON nests too deep");
	if (depth > NESTING)
		luaL_error(L, "JSON nests more than %d deep", NESTING);
	switch (node->kind) {
	case NODE_TEXT: lua_pushlstring(L, node->text, node->length); return;
	case NODE_NUMBER: if (!lua_stringtonumber(L, node->text)) lua_pushnumber(L, 0); return;
	case NODE_TRUE: lua_pushboolean(L, 1); return;
	case NODE_NULL: case NODE_FALSE: lua_pushboolean(L, 0); return;
	default: lua_newtable(L);
	}
	lua_Integer place = 0;
	for (const struct json_node *child = node->first; child; child = child->next) {
		if (child->key && child->kind == NODE_NULL)
			continue;
		if (child->key)
			lua_pushstring(L, child->key);
		else
			lua_pushinteger(L, ++place);
		push_node(L, child, depth + 1);
		lua_rawset(L, -3);
	}
}

static int write_piece(const char *text, size_t length, void *user)
{
	struct lua_feed *feed = user;
	return feed->write(feed->user, text, length) ? -1 : 0;
}

/* Writes the record on top of the stack. */
static void write_record(lua_State *L, struct lua_feed *feed)
{
	const struct lua_json_limits most = {RECORD_LIMIT, sandbox_may_go_on};
	json_t *json = NULL;
	if (lua_getfield(L, -1, "id") != LUA_TSTRING)
		luaL_error(L, "a record without an 'id'");
	lua_pop(L, 1);
	feed->code = lua_json_read_limited(L, lua_gettop(L), &most, &json, feed->error);
	bool failed = feed->code >= 0 && (write_piece(feed->records ? ",\n" : "[", feed->records ? 2 : 1, feed) < 0 ||
	                                  json_dump_callback(json, write_piece, feed, JSON_COMPACT) < 0);
	if (failed)
		feed->code = error_set(feed->error, TARSIER_IO, "the records could not be written");
	json_decref(json);
	feed->records++;
}

/* Calls read(value, name), and leaves the list on the stack: an empty one for nil. */
static void call_read(lua_State *L, const struct lua_feed *feed)
{
	push_table(L);
	script_function(L, -1, "read");
	if (feed->node)
		push_node(L, feed->node, 0);
	else
		lua_pushlstring(L, feed->text.ptr, feed->text.len);
	lua_pushstring(L, feed->name);
	lua_call(L, 2, 1);
	if (lua_isnil(L, -1)) {
		lua_pop(L, 1);
		lua_newtable(L);
	}
	if (!lua_istable(L, -1))
		luaL_error(L, "read must return a list of records, or nil, not a %s", luaL_typename(L, -1));
}

static int body_read(lua_State *L)
{
	struct lua_feed *feed = lua_touserdata(L, 1);
	call_read(L, feed);
	for (lua_Integer i = 1; feed->code >= 0 && lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
		if (!lua_istable(L, -1))
			return luaL_error(L, "record %d is not a table", (int)i);
		write_record(L, feed);
		lua_pop(L, 1);
	}
	return 0;
}

static int run(struct lua_feed *feed, lua_CFunction body)
{
	sandbox_budget(&feed->sandbox);
	int code = sandbox_run(&feed->sandbox, body, feed, feed->error);
	return code < 0 ? code : feed->code;
}

/* ---- forms of files ---------------------------------------------------------------------------------------------- */

static int read_text(struct lua_feed *feed, struct stream *stream)
{
	struct buffer whole;
	buffer_init(&whole, NULL);
	int code = stream_read_all(stream, &whole, TEXT_LIMIT, feed->error);
	if (code == TARSIER_LIMIT)
		error_append(feed->error, ": a larger file needs format = \"lines\" or \"json\"");
	feed->text = buffer_span(&whole);
	if (code >= 0)
		code = run(feed, body_read);
	buffer_free(&whole);
	return code;
}

/* Gives the whole lines of the buffer, and keeps the rest; at the end all of it. */
static int give_lines(struct lua_feed *feed, struct buffer *buffer, bool end)
{
	span rest = buffer_span(buffer);
	int code = 0;
	for (ptrdiff_t at; code >= 0 && ((at = span_find(rest, '\n')) >= 0 || (end && rest.len)); ) {
		size_t length = at < 0 ? rest.len : (size_t)at;
		feed->text = (span){rest.ptr, length && rest.ptr[length - 1] == '\r' ? length - 1 : length};
		rest = span_from(rest, length + (at >= 0));
		code = run(feed, body_read);
	}
	if (rest.len)
		memmove(buffer->data, rest.ptr, rest.len);
	buffer->length = rest.len;
	return code;
}

static int read_lines(struct lua_feed *feed, struct stream *stream)
{
	char piece[64 << 10];
	struct buffer buffer;
	ssize_t got = 1;
	int code = 0;
	buffer_init(&buffer, NULL);
	while (code >= 0 && got > 0) {
		got = stream_read(stream, piece, sizeof piece, feed->error);
		code = got < 0 ? (int)got : buffer_add(&buffer, piece, (size_t)got) ? 0 : error_memory(feed->error);
		if (code >= 0)
			code = give_lines(feed, &buffer, got == 0);
		if (code >= 0 && buffer.length > LINE_LIMIT)
			code = error_set(feed->error, TARSIER_LIMIT, "a line of more than %d bytes", LINE_LIMIT);
	}
	buffer_free(&buffer);
	return code;
}

static int take_value(void *user, const struct cut_place *place, const struct json_node *node, struct tarsier_error *error)
{
	struct lua_feed *feed = user;
	(void)place, (void)error;
	feed->node = node;
	return run(feed, body_read);
}

static int read_form(struct lua_feed *feed, struct stream *stream)
{
	struct json_cutter cutter = {.opens = json_opens_list, .take = take_value, .user = feed, .what = feed->name,
	                             .limit = VALUE_LIMIT};
	if (feed->format == JSON)
		return json_read(&cutter, stream, feed->error);
	return feed->format == LINES ? read_lines(feed, stream) : read_text(feed, stream);
}

/* ---- a file ------------------------------------------------------------------------------------------------------ */

/* Returns 1 if the feed does not recognise it. */
static int read_stream(struct lua_feed *feed, struct arena *arena, struct stream *stream)
{
	char head[HEAD];
	struct stream *whole = stream;
	ssize_t got = stream_fill(stream, head, sizeof head, feed->error);
	feed->text = (span){head, got < 0 ? 0 : (size_t)got};
	int code = got < 0 ? (int)got : run(feed, body_claim);
	if (code < 0 || !feed->claimed)
		return code < 0 ? code : 1;
	code = stream_open_prefixed(arena, feed->text, stream, &whole, feed->error);
	if (code >= 0)
		code = read_form(feed, whole);
	bool ended = code < 0 || (feed->records == 0 ? write_piece("[]\n", 3, feed) : write_piece("]\n", 2, feed)) == 0;
	return ended ? code : error_set(feed->error, TARSIER_IO, "the records could not be written");
}

static int read_file(struct lua_feed *feed)
{
	const struct codec *codec;
	struct arena arena;
	struct stream *stream = NULL, *plain = NULL;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, feed->name, &stream, feed->error);
	if (code >= 0)
		code = inflate_open_any(&arena, stream, &codec, &plain, feed->error);
	if (code >= 0)
		code = read_stream(feed, &arena, plain);
	stream_close(plain ? plain : stream);
	arena_free(&arena);
	return code < 0 && !strstr(feed->error->message, feed->name) ? error_prefix(feed->error, "%s", feed->name) : code;
}

/* Opens the script, and does `act` with it. */
static int with_feed(const char *script, struct lua_feed *feed, int (*act)(struct lua_feed *feed))
{
	arena_init(&feed->arena, NULL);
	int code = script_read(&feed->arena, "feed", script, &feed->script, feed->error);
	if (code >= 0)
		code = sandbox_open(&feed->sandbox, &limits, NULL, feed->error);
	if (code >= 0 && (code = run(feed, body_open)) >= 0)
		code = act(feed);
	sandbox_close(&feed->sandbox);
	arena_free(&feed->arena);
	return code < 0 && !strstr(feed->error->message, script) ? error_prefix(feed->error, "feed %s", script) : code;
}

int tarsier_feed_convert(const char *script, const char *file, int (*write)(void *user, const char *text, size_t length),
                         void *user, uint64_t *records, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct lua_feed feed = {.name = file, .write = write, .user = user, .error = error_or(error, &own)};
	int code = with_feed(script, &feed, read_file);
	if (records)
		*records = feed.records;
	return code;
}

/* ---- examples ---------------------------------------------------------------------------------------------------- */

/* Compares the record of the example at -1 with the one that was read, at -2: as JSON, since both are plain data. */
static void compare_record(lua_State *L, struct lua_feed *feed, int example, int number)
{
	const struct lua_json_limits most = {RECORD_LIMIT, sandbox_may_go_on};
	json_t *read = NULL, *expected = NULL;
	feed->code = lua_json_read_limited(L, lua_gettop(L) - 1, &most, &read, feed->error);
	if (feed->code >= 0)
		feed->code = lua_json_read_limited(L, lua_gettop(L), &most, &expected, feed->error);
	bool same = feed->code >= 0 && json_equal(read, expected);
	char *text = same || feed->code < 0 ? NULL : json_dumps(read, JSON_COMPACT | JSON_SORT_KEYS);
	json_decref(read);
	json_decref(expected);
	if (!same && feed->code >= 0)
		feed->code = error_set(feed->error, TARSIER_POLICY, "example %d, record %d: read gives %.300s", example, number,
		                       text ? text : "something else");
	free(text);
}

/* The example's content is one value: a text, a line, or JSON as a table. */
static int body_example(lua_State *L)
{
	struct lua_feed *feed = lua_touserdata(L, 1);
	push_table(L);
	if (lua_getfield(L, -1, "examples") != LUA_TTABLE || lua_rawgeti(L, -1, (lua_Integer)feed->records + 1) != LUA_TTABLE)
		return 0;
	int example = lua_gettop(L), number = (int)++feed->records;
	script_function(L, 2, "read");
	lua_getfield(L, example, "content");
	if (lua_isnil(L, -1) || lua_getfield(L, example, "expect") != LUA_TTABLE)
		return luaL_error(L, "example %d must have 'content' and a list 'expect'", number);
	lua_insert(L, example + 1);
	lua_pushliteral(L, "example");
	lua_call(L, 2, 1);
	size_t expected = lua_rawlen(L, example + 1), found = lua_istable(L, -1) ? lua_rawlen(L, -1) : 0;
	if (found != expected)
		return luaL_error(L, "example %d: read gives %d records, expected %d", number, (int)found, (int)expected);
	for (size_t i = 1; i <= expected && feed->code >= 0; i++) {
		lua_rawgeti(L, example + 2, (lua_Integer)i);
		lua_rawgeti(L, example + 1, (lua_Integer)i);
		compare_record(L, feed, number, (int)i);
		lua_pop(L, 2);
	}
	feed->claimed = true; /* there may be more */
	return 0;
}

static int run_examples(struct lua_feed *feed)
{
	int code = 0;
	do {
		feed->claimed = false;
		code = run(feed, body_example);
	} while (code >= 0 && feed->claimed);
	return code;
}

int tarsier_feed_test(const char *script, size_t *count, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct lua_feed feed = {.name = "example", .error = error_or(error, &own)};
	int code = with_feed(script, &feed, run_examples);
	*count = (size_t)feed.records;
	return code;
}
