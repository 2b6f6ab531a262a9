/* a layer index through its file, field by field */
#include "probe.h"

#include "layer/index_file.h"

#include <string.h>

int probe_index_file(lua_State *L);

/* Evidence is words: "!" fails, "own:PATH" and "owner:NAME" say what belongs to whom, "license:TEXT" under which licence, "note:TEXT" and "doubt:TEXT" are
 * notes, and any other word is a package with all of its fields. */
static int read_words(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content, word;
	int code = TARSIER_OK;
	while (code >= 0 && span_next(&rest, ' ', &word)) {
		char *text = span_copy(output->arena, word);
		if (span_is(word, "!"))
			return error_set(error, TARSIER_FORMAT, "it holds a !");
		if (span_starts(word, "own:"))
			code = reader_output_own(output, SPAN("d"), span_from(word, 4), error);
		else if (span_starts(word, "owner:"))
			code = reader_output_set_owner(output, span_from(word, 6), error);
		else if (span_starts(word, "license:"))
			output->licenses = output->release = span_copy(output->arena, span_from(word, 8));
		else if (span_starts(word, "note:") || span_starts(word, "doubt:"))
			code = reader_output_note(output, *text == 'd', strchr(text, ':') + 1, error);
		else
			code = reader_output_add(output, &(struct package){.type = "word", .name = text, .version = "1",
			                         .architecture = "all", .source_name = "source", .source_version = "2",
			                         .ecosystem = "Words", .module = "m:1", .vendor = "v", .licenses = "MIT\nISC", .inner = "in"}, error);
	}
	return code;
}

static const struct reader words = {.name = "words", .version = 1, .evidence = (const char *const[]){"**/*.word", "etc/word", NULL},
                                    .limit = 100, .keep = true, .read = read_words};
static const struct reader *const readers[] = {&words, NULL};

static void add_numbers(luaL_Buffer *text, const char *name, const uint64_t *numbers, size_t count)
{
	char line[64];
	for (size_t i = 0; i < count; i++) {
		snprintf(line, sizeof line, "%s %016llx\n", name, (unsigned long long)numbers[i]);
		luaL_addstring(text, line);
	}
}

static void add_line(lua_State *L, luaL_Buffer *text, const char *format, const char *a, const char *b, int c, int d, int e)
{
	char line[512];
	(void)L;
	snprintf(line, sizeof line, format, a ? a : "-", b ? b : "-", c, d, e);
	luaL_addstring(text, line);
}

static void add_file(lua_State *L, luaL_Buffer *text, const struct layer_file *file)
{
	add_line(L, text, "file %s problem %s entry %d gone %d missing %d\n", file->path, file->problem, (int)file->sequence,
	         file->gone, file->missing);
	add_line(L, text, "  licenses %s %s directory %d\n", file->licenses, file->release, file->directory, 0, 0);
	add_line(L, text, "  reader %s owner %s content %d\n", file->reader->name, file->owner, (int)file->content.len, 0, 0);
	add_numbers(text, "  owns", file->owned, file->owned_count);
	for (size_t i = 0; i < file->note_count; i++)
		add_line(L, text, "  note %s %s%d\n", file->notes[i].text, "", file->notes[i].unreadable, 0, 0);
	for (size_t i = 0; i < file->package_count; i++) {
		const struct package *package = &file->packages[i];
		add_line(L, text, "  package %s %s\n", package->name, package->version, 0, 0, 0);
		add_line(L, text, "    type %s architecture %s\n", package->type, package->architecture, 0, 0, 0);
		add_line(L, text, "    source %s %s\n", package->source_name, package->source_version, 0, 0, 0);
		add_line(L, text, "    ecosystem %s module %s\n", package->ecosystem, package->module, 0, 0, 0);
		add_line(L, text, "    vendor %s licenses %s\n", package->vendor, package->licenses, 0, 0, 0);
		add_line(L, text, "    inner %s%s\n", package->inner, "", 0, 0, 0);
		add_line(L, text, "    owned %s%s%d\n", "", "", (int)package->owned, 0, 0);
	}
}

static void push_index(lua_State *L, const struct layer_index *index)
{
	luaL_Buffer text;
	luaL_buffinit(L, &text);
	add_line(L, &text, "blob %s diff_id %s sizes %d %d entries %d\n", index->blob.text, index->diff_id.text,
	         (int)index->blob_size, (int)index->tar_size, (int)index->entries);
	add_numbers(&text, "taken", index->taken, index->taken_count);
	add_numbers(&text, "folder", index->folders, index->folder_count);
	add_numbers(&text, "repeated", index->repeated, index->repeated_count);
	for (size_t i = 0; i < index->whiteout_count; i++)
		add_line(L, &text, "whiteout %s%s opaque %d entry %d used %d\n", index->whiteouts[i].path, "",
		         index->whiteouts[i].opaque, (int)index->whiteouts[i].sequence, index->whiteouts[i].used);
	for (size_t i = 0; i < index->link_count; i++) {
		const struct layer_link *link = &index->links[i];
		add_line(L, &text, "link %s to %s hard %d gone %d entry %d", link->path, link->target, link->hard, link->gone,
		         (int)link->sequence);
		add_line(L, &text, "%s%s used %d\n", "", "", link->used, 0, 0);
	}
	for (size_t i = 0; i < index->other_count; i++)
		add_line(L, &text, "other %s%s directory %d entry %d\n", index->others[i].path, "", index->others[i].directory,
		         (int)index->others[i].sequence, 0);
	for (size_t i = 0; i < index->listing_count; i++)
		add_line(L, &text, "listed %s%s size %d mode %d type %d\n", index->listing[i].path, "", (int)index->listing[i].size,
		         (int)index->listing[i].mode, index->listing[i].type);
	for (size_t i = 0; i < index->file_count; i++)
		add_file(L, &text, &index->files[i]);
	luaL_pushresult(&text);
}

static struct layer_index *read_tar(lua_State *L, struct arena *arena, span tar)
{
	struct tarsier_error error;
	struct path_match *patterns;
	struct layer_builder *builder;
	struct layer_index *index = NULL;
	if (path_match_new(arena, readers, &patterns, &error) < 0 ||
	    layer_builder_new(&(struct layer_options){.patterns = patterns, .want_listing = true, .want_hashes = true}, &builder, &error) < 0 ||
	    layer_builder_push(builder, tar, &error) < 0 || layer_builder_finish(builder, &index, &error) < 0)
		luaL_error(L, "%s", error.message);
	return index;
}

/* stored(tar, digest) --> the layer's index in words, and what its file gives back; nil if it gives nothing back */
static int l_stored(lua_State *L)
{
	struct arena arena;
	struct buffer file;
	struct tarsier_error error;
	arena_init(&arena, NULL);
	buffer_init(&file, NULL);
	struct layer_index *index = read_tar(L, &arena, probe_span(L, 1)), *back = layer_index_new(NULL);
	if (digest_parse(probe_span(L, 2), &index->blob, &error) < 0 || !index_write(index, &file))
		return luaL_error(L, "it cannot be written");
	index->diff_id = index->blob;
	index->blob_size = 7;
	file.length = 0;
	bool written = index_write(index, &file);
	char *copy = arena_copy(&back->arena, file.data, file.length);
	push_index(L, index);
	if (written && copy && index_read((span){copy, file.length}, readers, back))
		push_index(L, back);
	else
		lua_pushnil(L);
	layer_index_free(back);
	layer_index_free(index);
	buffer_free(&file);
	arena_free(&arena);
	return 2;
}

static const luaL_Reg functions[] = {{"stored", l_stored}, {NULL, NULL}};

int probe_index_file(lua_State *L)
{
	luaL_newlib(L, functions);
	return 1;
}
