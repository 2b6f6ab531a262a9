/* floor 3 */
#include "image/image.h"
#include "probe.h"

#include <string.h>

int probe_image(lua_State *L);

/* ---- a reader that keeps what a file holds, to see what was read --------------------------------------------- */

static int read_nothing(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	(void)evidence, (void)output, (void)error;
	return TARSIER_OK;
}

static const char *const wanted[] = {"etc/os-release", "var/lib/dpkg/status", "**/wanted", NULL};
static const struct reader keeper = {.name = "keeper", .version = 1, .evidence = wanted, .limit = 1 << 20,
                                     .keep = true, .read = read_nothing};
static const struct reader *const keepers[] = {&keeper, NULL};

/* ---- tables -------------------------------------------------------------------------------------------------- */

static void set_text(lua_State *L, const char *key, const char *value)
{
	lua_pushstring(L, value);
	lua_setfield(L, -2, key);
}

static void set_list(lua_State *L, const char *key, const char *const *list)
{
	lua_newtable(L);
	for (lua_Integer i = 0; list[i]; i++) {
		lua_pushstring(L, list[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, key);
}

static void push_about(lua_State *L, const struct tarsier_image *about)
{
	lua_newtable(L);
	set_text(L, "reference", about->reference);
	set_text(L, "name", about->name);
	set_text(L, "digest", about->digest);
	set_text(L, "id", about->id);
	set_text(L, "os", about->os);
	set_text(L, "architecture", about->architecture);
	set_text(L, "variant", about->variant);
	set_text(L, "created", about->created);
	set_text(L, "user", about->user);
	set_text(L, "working_dir", about->working_dir);
	set_list(L, "env", about->env);
	set_list(L, "entrypoint", about->entrypoint);
	set_list(L, "cmd", about->cmd);
	set_list(L, "exposed_ports", about->exposed_ports);
	lua_newtable(L);
	for (size_t i = 0; i < about->label_count; i++)
		set_text(L, about->labels[i].key, about->labels[i].value);
	lua_setfield(L, -2, "labels");
}

/* What an index kept: { files = { path = content }, links = { path = target }, entries = N } */
static void set_index(lua_State *L, const struct layer_index *index)
{
	lua_newtable(L);
	for (size_t i = 0; i < index->file_count; i++) {
		const struct layer_file *file = &index->files[i];
		lua_pushlstring(L, file->content.ptr ? file->content.ptr : "", file->content.len);
		lua_setfield(L, -2, file->path);
		if (file->problem)
			set_text(L, file->path, lua_pushfstring(L, "problem: %s", file->problem)), lua_pop(L, 1);
	}
	lua_setfield(L, -2, "files");
	lua_newtable(L);
	for (size_t i = 0; i < index->link_count; i++)
		set_text(L, index->links[i].path, index->links[i].target);
	lua_setfield(L, -2, "links");
	lua_pushinteger(L, (lua_Integer)index->entries);
	lua_setfield(L, -2, "entries");
}

static void push_layer(lua_State *L, const struct image_layer *layer, const struct layer_index *index)
{
	lua_newtable(L);
	set_text(L, "blob", layer->blob.text);
	set_text(L, "diff_id", layer->diff_id.text);
	set_text(L, "media_type", layer->media_type);
	set_text(L, "created_by", layer->created_by);
	set_text(L, "found_blob", index->blob.text);
	set_text(L, "found_diff_id", index->diff_id.text);
	if (layer->size != UINT64_MAX) {
		lua_pushinteger(L, (lua_Integer)layer->size);
		lua_setfield(L, -2, "size");
	}
	lua_pushinteger(L, (lua_Integer)index->blob_size);
	lua_setfield(L, -2, "found_size");
	lua_pushboolean(L, layer->index != NULL);
	lua_setfield(L, -2, "passed");
	set_index(L, index);
}

/* ---- reading ------------------------------------------------------------------------------------------------- */

static int read_layer(const struct image *image, size_t index, const struct layer_options *options, struct arena *arena,
                      struct layer_index **read, struct tarsier_error *error)
{
	const struct image_layer *layer = &image->layers[index];
	struct layer_expected expected = {layer->blob, layer->diff_id, layer->size};
	struct stream *stream = NULL;
	int result = image->open_layer(image, index, arena, &stream, error);
	return result < 0 ? result : layer_read(stream, &expected, options, read, error);
}

static int push_layers(lua_State *L, const struct image *image, const struct layer_options *options,
                       struct tarsier_error *error)
{
	lua_newtable(L);
	for (size_t i = 0; i < image->layer_count; i++) {
		struct layer_index *own = NULL;
		struct arena arena;
		arena_init(&arena, NULL);
		int result = image->layers[i].index ? TARSIER_OK : read_layer(image, i, options, &arena, &own, error);
		if (result >= 0) {
			push_layer(L, &image->layers[i], own ? own : image->layers[i].index);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
		layer_index_free(own);
		arena_free(&arena);
		if (result < 0)
			return result;
	}
	return TARSIER_OK;
}

static int push_walk(lua_State *L, const struct image *image, const struct layer_options *options,
                     struct tarsier_error *error)
{
	struct layer_builder *builder = NULL;
	struct layer_index *index = NULL;
	int result = layer_builder_new(options, &builder, error);
	lua_newtable(L);
	if (result >= 0)
		result = image->walk(image, builder, error);
	if (result < 0) {
		layer_builder_free(builder);
		return result;
	}
	result = layer_builder_finish(builder, &index, error);
	if (result >= 0)
		set_index(L, index);
	layer_index_free(index);
	return result;
}

static int push_image(lua_State *L, const struct image *image, const struct layer_options *options,
                      struct tarsier_error *error)
{
	push_about(L, &image->about);
	int result = image->walk ? push_walk(L, image, options, error) : push_layers(L, image, options, error);
	lua_setfield(L, -2, image->walk ? "tree" : "layers");
	return result;
}

/* open(reference [, platform [, cancelled]]) --> what the image says of itself, with every layer read and verified */
static int l_open(lua_State *L)
{
	const char *reference = luaL_checkstring(L, 1), *platform = luaL_optstring(L, 2, "");
	struct arena arena;
	struct tarsier_error error = {0, ""};
	struct image image;
	struct path_match *patterns = NULL;
	atomic_bool cancelled;
	atomic_init(&cancelled, lua_toboolean(L, 3));
	arena_init(&arena, NULL);
	int result = path_match_new(&arena, keepers, &patterns, &error);
	struct layer_options options = {.patterns = patterns, .want_diff_id = true, .threads = 1, .cancelled = &cancelled};
	struct source_options source_options = {.platform = platform, .layers = &options};
	if (result >= 0 && (result = image_open(&arena, reference, &source_options, &image, &error)) >= 0) {
		result = push_image(L, &image, &options, &error);
		image_close(&image);
	}
	arena_free(&arena);
	return result < 0 ? probe_fail(L, &error) : 1;
}

/* parse(reference) --> { scheme, path, name, digest }; of a name in a registry also { host, familiar, loopback } */
static int l_parse(lua_State *L)
{
	struct arena arena;
	struct tarsier_error error = {0, ""};
	struct reference reference;
	const char *text = luaL_checkstring(L, 1);
	arena_init(&arena, NULL);
	int result = reference_parse(&arena, text, &reference, &error);
	if (result >= 0) {
		lua_newtable(L);
		set_text(L, "scheme", reference.scheme);
		set_text(L, "path", reference.path);
		set_text(L, "name", reference.name);
		set_text(L, "digest", reference.digest);
	}
	if (result >= 0 && reference.registry.host) {
		set_text(L, "host", reference.registry.host);
		set_text(L, "familiar", reference.registry.familiar);
		lua_pushboolean(L, reference.registry.loopback);
		lua_setfield(L, -2, "loopback");
	}
	arena_free(&arena);
	return result < 0 ? probe_fail(L, &error) : 1;
}

/* config(json, layers) --> what an image with so many layers makes of this config */
static int l_config(lua_State *L)
{
	span text = probe_span(L, 1);
	struct arena arena;
	struct tarsier_error error = {0, ""};
	static const char *const none[] = {NULL};
	struct image image = {.arena = &arena, .about = {.reference = "test", .digest = "", .id = "", .name = "",
	                                                 .env = none}};
	arena_init(&arena, NULL);
	int result = image_make_layers(&image, (size_t)luaL_checkinteger(L, 2), &error);
	if (result >= 0 && (result = image_read_config(&image, text, &error)) >= 0) {
		push_about(L, &image.about);
		lua_newtable(L);
		for (size_t i = 0; i < image.layer_count; i++) {
			lua_newtable(L);
			set_text(L, "diff_id", image.layers[i].diff_id.text);
			set_text(L, "created_by", image.layers[i].created_by);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
		lua_setfield(L, -2, "layers");
	}
	arena_free(&arena);
	return result < 0 ? probe_fail(L, &error) : 1;
}

/* manifest(json) --> the config's digest and the number of layers */
static int l_manifest(lua_State *L)
{
	span text = probe_span(L, 1);
	struct arena arena;
	struct tarsier_error error = {0, ""};
	struct image image = {.arena = &arena, .about = {.reference = "test"}};
	struct digest config;
	uint64_t size;
	arena_init(&arena, NULL);
	int result = image_read_manifest(&image, text, &config, &size, &error);
	if (result >= 0) {
		lua_pushstring(L, config.text);
		lua_pushinteger(L, (lua_Integer)image.layer_count);
	}
	arena_free(&arena);
	return result < 0 ? probe_fail(L, &error) : 2;
}

/* platform(wanted, os, architecture, variant) --> does it match, and its rank */
static int l_platform(lua_State *L)
{
	static const char *const ranks[] = {"other", "unknown", "near", "same"};
	const char *asked = luaL_checkstring(L, 1), *os = luaL_checkstring(L, 2), *architecture = luaL_checkstring(L, 3);
	const char *variant = luaL_optstring(L, 4, "");
	lua_pushboolean(L, platform_matches(asked, os, architecture, variant));
	lua_pushstring(L, ranks[platform_rank(asked, os, architecture, variant)]);
	return 2;
}

/* sources() --> { name = summary } */
static int l_sources(lua_State *L)
{
	lua_newtable(L);
	for (const struct source *const *source = sources_all; *source; source++)
		set_text(L, (*source)->name, (*source)->summary);
	return 1;
}

/* machine() --> this machine's platform */
static int l_machine(lua_State *L)
{
	return lua_pushstring(L, platform_of_this_machine()), 1;
}

static const luaL_Reg functions[] = {
	{"open", l_open},         {"parse", l_parse},     {"config", l_config},   {"manifest", l_manifest},
	{"platform", l_platform}, {"sources", l_sources}, {"machine", l_machine}, {NULL, NULL},
};

int probe_image(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
