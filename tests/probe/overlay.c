/* floor 3: layers laid over each other and through the cache */
#include "probe.h"

#include "layer/cache.h"
#include "layer/overlay.h"

int probe_overlay(lua_State *L);

/* A reader whose "packages" are the words of the file. */
static int read_words(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content, word;
	while (span_next(&rest, ' ', &word)) {
		struct package package = {.type = "word", .name = span_copy(output->arena, word), .version = "1"};
		int code = reader_output_add(output, &package, error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

static const char *const word_evidence[] = {"var/lib/words/status", "var/lib/words/status.d/*", "**/*.word", "**/*.words/INFO", NULL};
static const struct reader words = {.name = "words", .version = 1, .evidence = word_evidence, .limit = 4096, .read = read_words};
static const char *const kept_evidence[] = {"etc/release", "usr/lib/release", NULL};
static const struct reader kept = {.name = "kept", .version = 1, .evidence = kept_evidence, .limit = 4096, .keep = true, .read = read_words};
/* Claims what begins with "#! "; all else are words. */
static bool claims_words(const struct claim *file)
{
	return span_starts(file->head, "#! ");
}

static const char *const no_evidence[] = {NULL};
static const struct reader claimed = {
	.name = "claimed", .version = 1, .evidence = no_evidence, .limit = 4096, .read = read_words, .claims = claims_words};
static const struct reader *const readers[] = {&words, &kept, &claimed, NULL};

/* The tar at `index` of the stack as a layer. */
static struct layer_index *build_layer(lua_State *L, int index, const struct layer_options *options)
{
	struct tarsier_error error;
	struct layer_builder *builder;
	struct layer_index *made = NULL;
	if (layer_builder_new(options, &builder, &error) || layer_builder_push(builder, probe_span(L, index), &error) ||
	    layer_builder_finish(builder, &made, &error))
		luaL_error(L, "%s", error.message);
	return made;
}

static void push_file(lua_State *L, const struct overlay_file *file)
{
	lua_newtable(L);
	lua_pushstring(L, file->path);
	lua_setfield(L, -2, "path");
	lua_pushstring(L, file->reader->name);
	lua_setfield(L, -2, "reader");
	lua_pushinteger(L, (lua_Integer)file->layer + 1);
	lua_setfield(L, -2, "layer");
	lua_pushlstring(L, file->file->content.ptr, file->file->content.len);
	lua_setfield(L, -2, "content");
	lua_newtable(L);
	for (size_t i = 0; i < file->file->package_count; i++) {
		lua_pushstring(L, file->file->packages[i].name);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
	lua_setfield(L, -2, "words");
	if (file->before) {
		push_file(L, file->before);
		lua_setfield(L, -2, "before");
	}
}

/* missing = { ["path"] = "what is there", … }, in the table on top */
static void push_missing(lua_State *L, const struct overlay *overlay)
{
	lua_newtable(L);
	for (size_t i = 0; i < overlay->file_count; i++)
		if (overlay->files[i]->file->missing) {
			lua_pushstring(L, overlay->files[i]->file->problem);
			lua_setfield(L, -2, overlay->files[i]->path);
		}
	lua_setfield(L, -2, "missing");
}

static void push_overlay(lua_State *L, const struct overlay *overlay)
{
	lua_Integer count = 0;
	lua_newtable(L);
	for (size_t i = 0; i < overlay->file_count; i++)
		if (!overlay->files[i]->file->missing) {
			push_file(L, overlay->files[i]);
			lua_rawseti(L, -2, ++count);
		}
	push_missing(L, overlay);
	lua_newtable(L);
	for (size_t i = 0; i < overlay->want_count; i++) {
		lua_pushstring(L, overlay->wants[i].target);
		lua_rawseti(L, -2, (lua_Integer)i + 1);
	}
}

/* lay({ layer, … }[, cancelled]) --> { { path =, reader =, layer =, words =, before = }, …, missing = {} }, { wanted path, … }
 * A layer is an uncompressed tar. */
static int l_lay(lua_State *L)
{
	enum { MOST = 64 };
	struct arena arena;
	struct tarsier_error error;
	struct path_match *patterns;
	struct overlay overlay;
	atomic_bool cancelled = lua_toboolean(L, 2);
	struct layer_index *layers[MOST];
	size_t count = (size_t)luaL_len(L, 1);
	luaL_argcheck(L, count <= MOST, 1, "too many layers");
	arena_init(&arena, NULL);
	if (path_match_new(&arena, readers, &patterns, &error))
		return luaL_error(L, "%s", error.message);
	struct layer_options options = {.patterns = patterns, .threads = 1};
	for (size_t i = 0; i < count; i++) {
		lua_rawgeti(L, 1, (lua_Integer)i + 1);
		layers[i] = build_layer(L, lua_gettop(L), &options);
		lua_pop(L, 1);
	}
	int code = overlay_build(&arena, (const struct layer_index *const *)layers, count, readers, patterns, &cancelled, &overlay,
	                         &error);
	int results = 2;
	if (code < 0)
		results = probe_fail(L, &error);
	else
		push_overlay(L, &overlay);
	for (size_t i = 0; i < count; i++)
		layer_index_free(layers[i]);
	arena_free(&arena);
	return results;
}

/* cached(folder, digest, layer or nil [, limit]) --> the words of all files of what the cache holds under the digest, after
 * `layer` was put there; nil for a miss */
static int l_cached(lua_State *L)
{
	struct arena arena;
	struct tarsier_error error;
	struct cache *cache;
	struct path_match *patterns;
	struct layer_expected expected = {.size = UINT64_MAX};
	arena_init(&arena, NULL);
	if (digest_parse(probe_span(L, 2), &expected.blob, &error) ||
	    cache_open(&arena, luaL_checkstring(L, 1), (uint64_t)luaL_optinteger(L, 4, 1 << 30), "words:1", &cache, &error) ||
	    path_match_new(&arena, readers, &patterns, &error))
		return luaL_error(L, "%s", error.message);
	struct layer_options options = {.patterns = patterns, .threads = 1};
	if (lua_isstring(L, 3)) {
		struct layer_index *index = build_layer(L, 3, &options);
		index->blob = expected.blob;
		cache_put(cache, &expected, index);
		layer_index_free(index);
		cache_prune(cache);
	}
	struct layer_index *found = cache_get(cache, &expected, readers, NULL);
	if (found) {
		lua_newtable(L);
		lua_Integer n = 0;
		for (size_t i = 0; i < found->file_count; i++)
			for (size_t k = 0; k < found->files[i].package_count; k++) {
				lua_pushstring(L, found->files[i].packages[k].name);
				lua_rawseti(L, -2, ++n);
			}
		lua_pushinteger(L, (lua_Integer)found->link_count);
		lua_setfield(L, -2, "links");
		lua_pushinteger(L, (lua_Integer)found->taken_count);
		lua_setfield(L, -2, "taken");
		lua_pushinteger(L, (lua_Integer)found->whiteout_count);
		lua_setfield(L, -2, "whiteouts");
	} else
		lua_pushnil(L);
	layer_index_free(found);
	cache_close(cache);
	arena_free(&arena);
	return 1;
}

static const luaL_Reg functions[] = {{"lay", l_lay}, {"cached", l_cached}, {NULL, NULL}};

int probe_overlay(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
