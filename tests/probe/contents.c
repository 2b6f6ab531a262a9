/* floor 4: readers, distribution, inventory */
#include "inventory/go_functions.h"
#include "inventory/inventory.h"
#include "layer/reading.h"
#include "probe.h"

#include <stdlib.h>
#include <string.h>

int probe_contents(lua_State *L);

static const struct reader *reader_named(lua_State *L, const char *name)
{
	for (const struct reader *const *reader = readers_all; *reader; reader++)
		if (strcmp((*reader)->name, name) == 0)
			return *reader;
	luaL_error(L, "no reader %s", name);
	return NULL;
}

static void set(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

/* Runs the reader on a copy of exactly that length, so that a sanitizer sees a step beyond it. */
static int run(const struct reader *reader, span path, span content, span beside, size_t piece,
               struct reader_output *output, struct tarsier_error *error)
{
	char *copy = malloc(content.len ? content.len : 1);
	if (content.len)
		memcpy(copy, content.ptr, content.len);
	int code = reading_run(reader, &(struct evidence){path, {copy, content.len}, beside}, piece, output, error);
	free(copy);
	return code;
}

/* For all readers, on an arena of its own: a limit of memory is meant for what is read. */
static const struct path_match *new_patterns(lua_State *L, struct arena *arena)
{
	struct path_match *patterns;
	struct tarsier_error error;
	arena_init(arena, NULL);
	if (path_match_new(arena, readers_all, &patterns, &error) < 0)
		luaL_error(L, "%s", error.message);
	return patterns;
}

/* readers() --> { { name =, patterns = { … } }, … } */
static int l_readers(lua_State *L)
{
	lua_newtable(L);
	for (int i = 0; readers_all[i]; i++) {
		lua_newtable(L);
		set(L, "name", readers_all[i]->name);
		lua_newtable(L);
		for (int p = 0; readers_all[i]->evidence[p]; p++) {
			lua_pushstring(L, readers_all[i]->evidence[p]);
			lua_rawseti(L, -2, p + 1);
		}
		lua_setfield(L, -2, "patterns");
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

/* match(path[, content]) --> the name of the reader that wants it, or that claims it by its content, or nil */
static int l_match(lua_State *L)
{
	struct arena arena;
	span path = probe_span(L, 1), content = lua_isstring(L, 2) ? probe_span(L, 2) : SPAN("");
	const struct path_match *patterns = new_patterns(L, &arena);
	const struct reader *reader = path_match_find(patterns, path);
	if (!reader && content.len >= CLAIM_HEAD)
		reader = path_match_claim(patterns, &(struct claim){path, content.len, 0755, {content.ptr, CLAIM_HEAD}});
	arena_free(&arena);
	return lua_pushstring(L, reader ? reader->name : NULL), 1;
}

static void push_package(lua_State *L, const struct package *package)
{
	lua_newtable(L);
	set(L, "type", package->type);
	set(L, "name", package->name);
	set(L, "version", package->version);
	set(L, "architecture", package->architecture);
	set(L, "source_name", package->source_name);
	set(L, "source_version", package->source_version);
	set(L, "ecosystem", package->ecosystem);
	set(L, "module", package->module);
	set(L, "vendor", package->vendor);
	lua_pushinteger(L, package->owned);
	lua_setfield(L, -2, "owned");
	set(L, "licenses", package->licenses);
	set(L, "found_by", package->found_by);
	set(L, "inner", package->inner);
}

/* { { unreadable = true or false, text = }, … } */
static void push_notes(lua_State *L, const struct reader_output *output)
{
	lua_newtable(L);
	for (size_t i = 0; i < output->note_count; i++) {
		lua_newtable(L);
		set(L, "text", output->notes[i].text);
		lua_pushboolean(L, output->notes[i].unreadable);
		lua_setfield(L, -2, "unreadable");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* read(reader, path, content [, limit of memory [, bytes of a piece, if the reader takes a stream [, symbols [, what lies
 * beside it]]]]) -->
 * { package, … [, owned = { hash of a path, … }] [, owner = name] [, notes = { { unreadable =, text = }, … }] } */
static int l_read(lua_State *L)
{
	const struct reader *reader = reader_named(L, luaL_checkstring(L, 1));
	span path = probe_span(L, 2), content = probe_span(L, 3);
	struct arena arena;
	struct tarsier_error error = {0};
	struct reader_output output = {.arena = &arena};
	arena_init(&arena, NULL);
	arena.limit = (size_t)luaL_optinteger(L, 4, 0);
	span beside = lua_isstring(L, 7) ? probe_span(L, 7) : SPAN("");
	int code = run(reader, path, content, beside, (size_t)luaL_optinteger(L, 5, 0), &output, &error);
	if (code < 0) {
		arena_free(&arena);
		return probe_fail(L, &error);
	}
	lua_newtable(L);
	for (size_t i = 0; i < output.count; i++) {
		push_package(L, &output.packages[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_newtable(L);
	for (size_t i = 0; i < output.owned_count; i++) {
		lua_pushinteger(L, (lua_Integer)output.owned[i]);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	if (output.owned_count)
		lua_setfield(L, -2, "owned");
	else
		lua_pop(L, 1);
	set(L, "owner", output.owner);
	set(L, "licenses", output.licenses);
	lua_pushinteger(L, (lua_Integer)output.function_count);
	lua_setfield(L, -2, "function_count");
	if (lua_isstring(L, 6)) {
		struct tarsier_functions *functions = arena_alloc(&arena, sizeof *functions + 4 * output.function_count);
		functions->count = output.function_count;
		if (functions->count)
			memcpy(functions->hashes, output.functions, 4 * functions->count);
		set(L, "symbol", go_functions_state(functions, probe_span(L, 6)));
	}
	set(L, "release", output.release);
	push_notes(L, &output);
	if (output.note_count)
		lua_setfield(L, -2, "notes");
	else
		lua_pop(L, 1);
	arena_free(&arena);
	return 1;
}

/* path_hash(path) --> the hash of a file's path in `owned` */
static int l_path_hash(lua_State *L)
{
	return lua_pushinteger(L, (lua_Integer)path_hash(probe_span(L, 1), false)), 1;
}

/* count(reader, path, content) --> how many packages: for measuring, without tables */
static int l_count(lua_State *L)
{
	const struct reader *reader = reader_named(L, luaL_checkstring(L, 1));
	span path = probe_span(L, 2), content = probe_span(L, 3);
	struct arena arena;
	struct tarsier_error error = {0};
	struct reader_output output = {.arena = &arena};
	arena_init(&arena, NULL);
	int code = reading_run(reader, &(struct evidence){.path = path, .content = content}, 0, &output, &error);
	arena_free(&arena);
	if (code < 0)
		return probe_fail(L, &error);
	return lua_pushinteger(L, (lua_Integer)output.count), 1;
}

/* ---- overlays without layers ------------------------------------------------------------------------------------- */

static const char *field(lua_State *L, struct arena *arena, const char *key)
{
	lua_getfield(L, -1, key);
	const char *copy = lua_isstring(L, -1) ? arena_string(arena, lua_tostring(L, -1)) : NULL;
	lua_pop(L, 1);
	return copy;
}

static span content_field(lua_State *L, struct arena *arena)
{
	span content = {"", 0};
	lua_getfield(L, -1, "content");
	if (lua_isstring(L, -1)) {
		content.ptr = lua_tolstring(L, -1, &content.len);
		content.ptr = span_copy(arena, content);
	}
	lua_pop(L, 1);
	return content;
}

/* The table on top of the stack: { path =, reader =, layer =, content = or problem =, before = {…} } */
static struct overlay_file *take_file(lua_State *L, struct arena *arena)
{
	struct overlay_file *file = arena_alloc(arena, sizeof *file);
	struct layer_file *stored = arena_alloc(arena, sizeof *stored);
	struct reader_output output = {.arena = arena};
	struct tarsier_error error = {0};
	span content = content_field(L, arena);
	file->path = stored->path = field(L, arena, "path");
	file->reader = stored->reader = reader_named(L, field(L, arena, "reader"));
	stored->problem = field(L, arena, "problem");
	if (!stored->problem && run(file->reader, span_of(file->path), content, SPAN(""), 0, &output, &error) < 0)
		stored->problem = arena_string(arena, error.message);
	if (!stored->problem)
		layer_file_set(stored, &output);
	if (file->reader->keep)
		stored->content = content;
	lua_getfield(L, -1, "layer");
	file->layer = (size_t)lua_tointeger(L, -1);
	lua_pop(L, 1);
	lua_getfield(L, -1, "before");
	if (lua_istable(L, -1))
		file->before = take_file(L, arena);
	lua_pop(L, 1);
	file->file = stored;
	return file;
}

static int compare_files(const void *a, const void *b)
{
	return strcmp((*(const struct overlay_file *const *)a)->path, (*(const struct overlay_file *const *)b)->path);
}

/* The list at `index`; a file with `same = n` is the n-th one again, as a link shows it. */
static void take_overlay(lua_State *L, int index, struct arena *arena, struct overlay *overlay)
{
	overlay->file_count = lua_rawlen(L, index);
	overlay->files = arena_array(arena, overlay->file_count, sizeof *overlay->files);
	for (size_t i = 0; i < overlay->file_count; i++) {
		lua_rawgeti(L, index, (lua_Integer)i + 1);
		struct overlay_file *file = take_file(L, arena);
		lua_getfield(L, -1, "same");
		if (lua_isinteger(L, -1))
			file->file = overlay->files[lua_tointeger(L, -1) - 1]->file;
		lua_pop(L, 2);
		overlay->files[i] = file;
	}
	if (overlay->file_count)
		qsort(overlay->files, overlay->file_count, sizeof *overlay->files, compare_files);
}

static void push_distro(lua_State *L, const struct distro *distro)
{
	lua_newtable(L);
	set(L, "id", distro->id);
	set(L, "version", distro->version);
	set(L, "codename", distro->codename);
	set(L, "name", distro->name);
	set(L, "id_like", distro->id_like);
	set(L, "ecosystem", distro->ecosystem);
	set(L, "evidence", distro->evidence);
}

static void push_list(lua_State *L, const char *key, const char *const *texts)
{
	lua_newtable(L);
	for (lua_Integer i = 0; texts[i]; i++) {
		lua_pushstring(L, texts[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, key);
}

static void push_packages(lua_State *L, const struct package_list *list)
{
	lua_newtable(L);
	for (size_t i = 0; i < list->count; i++) {
		const struct tarsier_package *package = &list->items[i];
		push_package(L, &(struct package){
			.type = package->type, .name = package->name, .version = package->version,
			.architecture = package->architecture, .source_name = package->source_name,
			.source_version = package->source_version, .ecosystem = package->ecosystem, .module = package->module,
			.vendor = package->vendor, .found_by = package->found_by});
		set(L, "owner", package->owner);
		push_list(L, "licenses", package->licenses);
		set(L, "purl", package->purl);
		set(L, "path", package->path);
		set(L, "reader", package->reader);
		lua_pushinteger(L, (lua_Integer)package->layer);
		lua_setfield(L, -2, "layer");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

static void push_problems(lua_State *L, const struct package_list *list)
{
	lua_newtable(L);
	for (size_t i = 0; i < list->problems.count; i++) {
		lua_newtable(L);
		set(L, "subject", list->problems.items[i].subject);
		set(L, "message", list->problems.items[i].message);
		lua_pushinteger(L, list->problems.items[i].kind);
		lua_setfield(L, -2, "kind");
		lua_pushinteger(L, (lua_Integer)list->problems.items[i].layer);
		lua_setfield(L, -2, "layer");
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* inventory({ file, … } [, limit of memory]) --> { packages =, problems =, distro = } */
static int l_inventory(lua_State *L)
{
	struct arena input, arena;
	struct overlay overlay = {0};
	struct distro distro;
	struct package_list list;
	struct tarsier_error error = {0};
	arena_init(&input, NULL);
	arena_init(&arena, NULL);
	arena.limit = (size_t)luaL_optinteger(L, 2, 0);
	take_overlay(L, 1, &input, &overlay);
	int code = distro_detect(&arena, &overlay, &distro, &error);
	if (code == TARSIER_OK)
		code = inventory_build(&arena, &overlay, &distro, &list, &error);
	arena_free(&input); /* the result borrows nothing from the layers */
	if (code == TARSIER_OK) {
		lua_newtable(L);
		push_packages(L, &list);
		lua_setfield(L, -2, "packages");
		push_problems(L, &list);
		lua_setfield(L, -2, "problems");
		push_distro(L, &distro);
		lua_setfield(L, -2, "distro");
	}
	arena_free(&arena);
	return code == TARSIER_OK ? 1 : probe_fail(L, &error);
}

static const luaL_Reg functions[] = {{"readers", l_readers}, {"match", l_match}, {"read", l_read},
                                     {"count", l_count}, {"path_hash", l_path_hash}, {"inventory", l_inventory}, {NULL, NULL}};

int probe_contents(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
