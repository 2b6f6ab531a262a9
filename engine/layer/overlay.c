#include "layer/overlay.h"

#include "base/glob.h"
#include "layer/laying.h"

#include <stdlib.h>
#include <string.h>

struct showing {
	struct laying laying;
	const struct reader *const *readers;
	const struct path_match *patterns;
	struct overlay *overlay;
	size_t file_capacity, want_capacity;
	struct map claimed; /* by the address of the layer_file: 1 + the index in overlay->files */
};

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int list(struct showing *showing, const struct overlay_file *file)
{
	struct overlay *overlay = showing->overlay;
	const struct overlay_file **files = arena_grow(showing->laying.arena, overlay->files, overlay->file_count,
	                                               &showing->file_capacity, sizeof *files);
	if (!files)
		return error_memory(showing->laying.error);
	overlay->files = files;
	files[overlay->file_count++] = file;
	return TARSIER_OK;
}

static int list_once(struct showing *showing, struct node_file *file)
{
	bool listed = file->listed;
	file->listed = true;
	return listed ? TARSIER_OK : list(showing, &file->shown);
}

/* A file that was claimed by its bytes is listed once, whatever hard links there are: under the first of its names. */
static int list_claimed(struct showing *showing, const struct node_file *file)
{
	uint64_t key = (uintptr_t)file->origin;
	uintptr_t listed = (uintptr_t)map_get_number(&showing->claimed, key);
	if (listed) {
		const struct overlay_file **place = &showing->overlay->files[listed - 1];
		if (strcmp(file->shown.path, (*place)->path) < 0)
			*place = &file->shown;
		return TARSIER_OK;
	}
	int code = list(showing, &file->shown);
	void *number = (void *)(uintptr_t)showing->overlay->file_count;
	return code < 0 || map_put_number(&showing->claimed, key, number) ? code : error_memory(showing->laying.error);
}

static int list_alias(struct showing *showing, const struct node_file *file, const char *path)
{
	struct overlay_file *alias = arena_alloc(showing->laying.arena, sizeof *alias);
	char *copy = arena_string(showing->laying.arena, path);
	if (!alias || !copy)
		return error_memory(showing->laying.error);
	*alias = file->shown;
	alias->path = copy;
	return list(showing, alias);
}

/* ---- wants ------------------------------------------------------------------------------------------------------- */

static bool has_star(span path)
{
	return span_find(path, '*') >= 0;
}

/* Does any layer have a file that is written so? A star stands for any file in its folder. */
static bool is_written(const struct showing *showing, span path)
{
	const struct laying *laying = &showing->laying;
	ptrdiff_t slash = span_find_last(path, '/');
	span folder = {path.ptr, slash < 0 ? 0 : (size_t)slash};
	for (size_t i = 0; i < laying->layer_count; i++) {
		const struct layer_index *layer = laying->layers[i];
		if (has_star(path) ? layer_has(layer, folder, true) || layer_passes(layer, folder) : layer_has(layer, path, false))
			return true;
	}
	return false;
}

static int want(struct showing *showing, span target, const struct reader *reader)
{
	struct overlay *overlay = showing->overlay;
	struct laying *laying = &showing->laying;
	if (path_match_find(showing->patterns, target) == reader)
		return TARSIER_OK; /* the first look saw to it */
	for (size_t i = 0; i < overlay->want_count; i++)
		if (overlay->wants[i].reader == reader && span_is(target, overlay->wants[i].target))
			return TARSIER_OK;
	if (overlay->want_count == OVERLAY_WANTS)
		return error_set(laying->error, TARSIER_LIMIT, "%.*s: more than %d links lead to evidence elsewhere",
		                 SPAN_ARG(target), OVERLAY_WANTS);
	struct overlay_want *wants = arena_grow(laying->arena, overlay->wants, overlay->want_count, &showing->want_capacity,
	                                        sizeof *wants);
	const char *copy = span_copy(laying->arena, target);
	if (!wants || !copy)
		return error_memory(laying->error);
	overlay->wants = wants;
	wants[overlay->want_count++] = (struct overlay_want){.target = copy, .reader = reader};
	return TARSIER_OK;
}

/* `path` may have been written through links: under other paths, then. */
static int want_aliases(struct showing *showing, const char *path, const struct reader *reader)
{
	struct laying *laying = &showing->laying;
	int code = TARSIER_OK;
	for (size_t i = 0; i < laying->alias_count && code >= 0; i++) {
		const char *literal;
		code = laying_name_behind(laying, &laying->aliases[i], span_of(path), &literal);
		if (code >= 0 && literal && is_written(showing, span_of(literal)))
			code = want(showing, span_of(literal), reader);
		if (code >= 0)
			code = laying_check(laying);
	}
	return code;
}

/* ---- places ------------------------------------------------------------------------------------------------------ */

/* Evidence for `reader` lies at `path`, which holds no links; `alias` is the path that the reader wants. */
static int show_place(struct showing *showing, const char *path, const struct reader *reader, const char *alias)
{
	struct laying *laying = &showing->laying;
	const char *original = path;
	int code = TARSIER_OK;
	if (!tree_resolve(&laying->tree, span_of(path), false, &laying->place))
		return TARSIER_OK;
	const struct node *node = laying->place.beyond ? NULL : laying->place.node;
	struct node_file *file = node && node->live ? node->files : NULL;
	while (file && file->shown.reader != reader)
		file = file->next;
	if (file) {
		code = list_once(showing, file);
		if (code >= 0 && reader->keep && strcmp(path, alias) != 0)
			code = list_alias(showing, file, alias);
	} else {
		if (node && node->live && node->original)
			original = node->original;
		if (is_written(showing, span_of(original)))
			code = want(showing, span_of(original), reader);
	}
	return code < 0 ? code : want_aliases(showing, original, reader);
}

/* A reader wants this path, and links are on the way. */
static int show_behind(struct showing *showing, const char *alias, const struct reader *reader)
{
	struct laying *laying = &showing->laying;
	if (!tree_resolve(&laying->tree, span_of(alias), true, &laying->place) || !laying->place.length)
		return TARSIER_OK;
	const char *path = arena_copy(laying->scratch, laying->place.path, laying->place.length);
	return path ? show_place(showing, path, reader, alias) : error_memory(laying->error);
}

/* ---- links ------------------------------------------------------------------------------------------------------- */

static bool ends_like(span path, span pattern)
{
	while (pattern.len) {
		if (!path.len || !glob_matches(path_take_last(&pattern), path_take_last(&path), NULL))
			return false;
	}
	return true;
}

/* Does a pattern at any depth want something in a folder with this path? "METADATA", for a folder "NAME.dist-info" and
 * "NAME.dist-info/METADATA". NULL if it does not. */
static const char *inner_part(struct showing *showing, span path, const char *pattern)
{
	span whole = span_of(pattern), component;
	if (!span_starts(whole, "**/"))
		return NULL;
	whole = span_from(whole, 3);
	for (span rest = whole; span_next(&rest, '/', &component) && rest.ptr;) {
		span folders = {whole.ptr, (size_t)(rest.ptr - whole.ptr) - 1};
		showing->laying.tree.steps++;
		if (!has_star(rest) && ends_like(path, folders))
			return rest.ptr;
	}
	return NULL;
}

static bool is_folder(const struct showing *showing, const struct place *place)
{
	span path = {place->path, place->length};
	bool folder = path.len == 0 || (!place->beyond && !place->node->live && place->node->child);
	for (size_t i = 0; i < showing->laying.layer_count && !folder; i++)
		folder = layer_has(showing->laying.layers[i], path, true) || layer_passes(showing->laying.layers[i], path);
	return folder;
}

/* Why no file for the reader is behind the link; NULL if one is. A name that a pattern with a star matches may be a
 * folder's, and so may be a link to one. */
static const char *why_broken(struct showing *showing, span path, const struct reader *reader)
{
	struct place *place = &showing->laying.place;
	if (!tree_resolve(&showing->laying.tree, path, true, place))
		return "which leads in a circle or through too many links";
	const struct node_file *file = place->beyond || !place->node->live ? NULL : place->node->files;
	while (file && file->shown.reader != reader)
		file = file->next;
	if (file)
		return NULL;
	if (!is_folder(showing, place))
		return "where nothing is";
	return reader_names(reader, path) ? "which is a directory" : NULL;
}

/* A link to a package database that is not there must not look like an image without one. Another look at the layers
 * may bring the file: then the overlay is built anew. */
static int show_broken(struct showing *showing, const struct node *node, span path, const struct reader *reader)
{
	struct arena *arena = showing->laying.arena;
	const char *why = why_broken(showing, path, reader);
	if (!why)
		return TARSIER_OK;
	struct overlay_file *shown = arena_alloc(arena, sizeof *shown);
	struct layer_file *file = arena_alloc(arena, sizeof *file);
	const char *target = node->link ? node->link->target : node->original;
	char *copy = span_copy(arena, path), *problem = arena_format(arena, "a link to %.300s, %s", target, why);
	if (!shown || !file || !copy || !problem)
		return error_memory(showing->laying.error);
	*file = (struct layer_file){.path = copy, .reader = reader, .problem = problem, .missing = true};
	*shown = (struct overlay_file){.path = copy, .reader = reader, .file = file, .layer = node->laid - 1};
	return list(showing, shown);
}

static int show_link(struct showing *showing, const struct node *node, const char *path)
{
	const struct reader *wanted = path_match_find(showing->patterns, span_of(path));
	int code = wanted ? show_behind(showing, path, wanted) : TARSIER_OK;
	if (wanted && code >= 0)
		code = show_broken(showing, node, span_of(path), wanted);
	for (const struct reader *const *reader = showing->readers; *reader && code >= 0; reader++) {
		for (const char *const *pattern = (*reader)->evidence; *pattern && code >= 0; pattern++) {
			const char *rest = inner_part(showing, span_of(path), *pattern);
			const char *below = rest ? arena_format(showing->laying.scratch, "%s/%s", path, rest) : "";
			if (!below)
				return error_memory(showing->laying.error);
			if (rest)
				code = show_behind(showing, below, *reader);
		}
	}
	return code;
}

/* What was written through a link into a folder where a pattern at any depth wants it. */
static int show_alias(struct showing *showing, const struct alias *alias)
{
	struct laying *laying = &showing->laying;
	int code = TARSIER_OK;
	for (const struct reader *const *reader = showing->readers; *reader && code >= 0; reader++) {
		for (const char *const *pattern = (*reader)->evidence; *pattern && code >= 0; pattern++) {
			const char *rest = inner_part(showing, span_of(alias->target), *pattern);
			const char *path = rest ? arena_format(laying->scratch, "%s/%s", alias->literal, rest) : "";
			if (!path)
				return error_memory(laying->error);
			if (rest && is_written(showing, span_of(path)))
				code = want(showing, span_of(path), *reader);
		}
	}
	return code < 0 ? code : laying_check(laying);
}

static int show_node(struct showing *showing, struct node *node)
{
	struct laying *laying = &showing->laying;
	int code = TARSIER_OK;
	if (!node->live)
		return TARSIER_OK;
	const char *path = tree_path(laying->scratch, node);
	if (!path)
		return error_memory(laying->error);
	const struct reader *reader = path_match_find(showing->patterns, span_of(path));
	for (struct node_file *file = node->files; file && code >= 0; file = file->next)
		if (file->shown.reader == reader)
			code = list_once(showing, file);
		else if (!reader && file->shown.reader->claims)
			code = list_claimed(showing, file);
	if (node->link)
		return show_link(showing, node, path);
	if (node->original && reader)
		code = show_place(showing, path, reader, path);
	if (node->original && reader && code >= 0)
		code = show_broken(showing, node, span_of(path), reader);
	return code;
}

/* ---- patterns whose folder is a link ----------------------------------------------------------------------------- */

/* The files of a folder whose names a pattern with a star matches. */
static int show_matching(struct showing *showing, const char *folder, span name, const struct reader *reader)
{
	struct laying *laying = &showing->laying;
	int code = TARSIER_OK;
	if (!tree_resolve(&laying->tree, span_of(folder), false, &laying->place) || laying->place.beyond)
		return TARSIER_OK;
	for (struct node *node = laying->place.node->child; node && code >= 0; node = node->next) {
		if (!node->live || !glob_matches(name, node->name, NULL))
			continue;
		const char *path = tree_path(laying->scratch, node);
		code = path ? show_behind(showing, path, reader) : error_memory(laying->error);
	}
	return code;
}

/* A pattern without a star before its last component: its folder may be a link, or have been written through one. */
static int show_pattern(struct showing *showing, const char *pattern, const struct reader *reader)
{
	struct laying *laying = &showing->laying;
	span folder = span_of(pattern), name = path_take_last(&folder);
	if (!folder.len || has_star(folder) || !tree_resolve(&laying->tree, folder, true, &laying->place))
		return TARSIER_OK;
	const char *real = arena_copy(laying->scratch, laying->place.path, laying->place.length);
	const char *target = real ? arena_format(laying->scratch, "%s%s%.*s", real, *real ? "/" : "", SPAN_WHOLE(name)) : NULL;
	if (!target)
		return error_memory(laying->error);
	if (strcmp(target, pattern) == 0)
		return want_aliases(showing, target, reader);
	if (!has_star(name))
		return show_behind(showing, pattern, reader);
	int code = want(showing, span_of(target), reader);
	if (code >= 0)
		code = want_aliases(showing, target, reader);
	return code < 0 ? code : show_matching(showing, real, name, reader);
}

/* Its name sorts behind those of readers that want the same path. */
static const char *const no_evidence[] = {NULL};
static const struct reader order_reader = {.name = "~order", .version = 1, .evidence = no_evidence, .order = true};

static int show_all(struct showing *showing)
{
	struct tree *tree = &showing->laying.tree;
	int code = TARSIER_OK;
	for (size_t i = 0; i < showing->laying.unordered_count && code >= 0; i++)
		code = want(showing, span_of(showing->laying.unordered[i]), &order_reader);
	for (struct node *node = &tree->root; node && code >= 0; node = tree_next(tree, &tree->root, node, true)) {
		code = show_node(showing, node);
		if (code >= 0)
			code = laying_check(&showing->laying);
	}
	for (size_t i = 0; i < showing->laying.alias_count && code >= 0; i++)
		code = show_alias(showing, &showing->laying.aliases[i]);
	for (const struct reader *const *reader = showing->readers; *reader && code >= 0; reader++)
		for (const char *const *pattern = (*reader)->evidence; *pattern && code >= 0; pattern++)
			code = show_pattern(showing, *pattern, *reader);
	return code;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static int compare_paths(const void *a, const void *b)
{
	return strcmp((*(const struct overlay_file *const *)a)->path, (*(const struct overlay_file *const *)b)->path);
}

static int compare_files(const void *a, const void *b)
{
	int order = compare_paths(a, b);
	if (order)
		return order;
	const struct overlay_file *x = *(const struct overlay_file *const *)a, *y = *(const struct overlay_file *const *)b;
	return strcmp(x->reader->name, y->reader->name);
}

int overlay_build(struct arena *arena, const struct layer_index *const *layers, size_t count,
                  const struct reader *const *readers, const struct path_match *patterns, const atomic_bool *cancelled,
                  struct overlay *overlay, struct tarsier_error *error)
{
	struct arena scratch;
	arena_init(&scratch, &arena->allocator);
	memset(overlay, 0, sizeof *overlay);
	struct showing *showing = arena_alloc(&scratch, sizeof *showing);
	int code = showing ? TARSIER_OK : error_memory(error);
	if (code >= 0) {
		*showing = (struct showing){.readers = readers, .patterns = patterns, .overlay = overlay};
		showing->claimed.arena = &scratch;
		showing->laying.arena = arena;
		showing->laying.scratch = &scratch;
		showing->laying.layers = layers;
		showing->laying.layer_count = count;
		showing->laying.cancelled = cancelled;
		showing->laying.error = error;
		code = laying_run(&showing->laying);
	}
	if (code >= 0)
		code = show_all(showing);
	if (code >= 0 && overlay->file_count)
		qsort(overlay->files, overlay->file_count, sizeof *overlay->files, compare_files);
	arena_free(&scratch);
	return code;
}

const struct overlay_file *overlay_find(const struct overlay *overlay, const char *path)
{
	const struct overlay_file key = {.path = path}, *key_pointer = &key;
	const struct overlay_file **found = overlay->file_count
		? bsearch(&key_pointer, overlay->files, overlay->file_count, sizeof *found, compare_paths) : NULL;
	return found ? *found : NULL;
}
