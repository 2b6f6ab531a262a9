#include "layer/overlay.h"

#include "base/map.h"

#include <stdlib.h>
#include <string.h>

enum {
	LINKS_A_PATH = 40,     /* Linux's own limit (path_resolution(7)) */
	PATH_LIMIT = 16 * 1024, /* of a path while links are replaced: four times PATH_MAX, far from hurting anyone */
	WANT_LIMIT = 1000,     /* links to evidence elsewhere: real images have a handful */
};

/* What is known to be at a path. */
struct node {
	span path;
	bool live;
	size_t replaced_by;              /* the layer that has an entry at this very path, + 1; while that layer is laid */
	const struct overlay_file *file; /* the file shown, or last shown */
	const struct layer_link *link;   /* … or the link */
};

struct laying {
	struct arena *arena;
	const struct layer_index *const *layers;
	size_t layer_count;
	const struct reader *const *readers;
	const struct path_match *patterns;
	struct map by_path;
	struct node **nodes;
	size_t node_count, node_capacity;
	uint64_t *whiteouts, *opaques;   /* of the layer being laid: sorted hashes of resolved paths */
	size_t whiteout_count, opaque_count;
	struct overlay *overlay;
	size_t file_capacity, want_capacity;
	struct tarsier_error *error;
};

static const struct layer_link *live_link(const struct laying *laying, span path)
{
	const struct node *node = map_get(&laying->by_path, path);
	return node && node->live ? node->link : NULL;
}

/* ---- resolving -------------------------------------------------------------------------------------------------- */

struct walk {
	char done[PATH_LIMIT];    /* resolved so far */
	size_t done_length;
	char rest[2][PATH_LIMIT]; /* what is left, and room to put a link's target before it */
	int current;
	unsigned links;
};

static bool append_component(struct walk *walk, span component)
{
	size_t slash = walk->done_length ? 1 : 0;
	if (walk->done_length + slash + component.len >= sizeof walk->done)
		return false;
	if (slash)
		walk->done[walk->done_length++] = '/';
	memcpy(walk->done + walk->done_length, component.ptr, component.len);
	walk->done_length += component.len;
	return true;
}

static void drop_component(struct walk *walk)
{
	ptrdiff_t slash = span_find_last((span){walk->done, walk->done_length}, '/');
	walk->done_length = slash < 0 ? 0 : (size_t)slash;
}

/* Puts a link's target where its last component stood. */
static bool follow(struct walk *walk, const struct layer_link *link, span rest, span *next)
{
	size_t target = strlen(link->target);
	if (++walk->links > LINKS_A_PATH || target + 1 + rest.len >= PATH_LIMIT)
		return false;
	char *into = walk->rest[walk->current = !walk->current];
	memcpy(into, link->target, target);
	into[target] = '/';
	memcpy(into + target + 1, rest.ptr, rest.len);
	*next = (span){into, target + 1 + rest.len};
	if (link->hard || link->target[0] == '/')
		walk->done_length = 0;
	else
		drop_component(walk);
	return true;
}

/* Replaces the links in `path`; the last component's own only where `last` is set. NULL where it cannot: a loop, or too
 * long. "" is the root. */
static const char *resolve(struct laying *laying, span path, bool last)
{
	struct walk room, *walk = &room; /* 48 KiB that are not worth zeroing */
	walk->done_length = 0;
	walk->current = 0;
	walk->links = 0;
	span rest = path, component;
	while (span_next(&rest, '/', &component)) {
		if (component.len == 0 || span_is(component, "."))
			continue;
		if (span_is(component, "..")) {
			drop_component(walk);
			continue;
		}
		if (!append_component(walk, component))
			return NULL;
		if (!rest.ptr && !last)
			break;
		const struct layer_link *link = live_link(laying, (span){walk->done, walk->done_length});
		if (link && !follow(walk, link, rest.ptr ? rest : SPAN(""), &rest))
			return NULL;
	}
	return arena_copy(laying->arena, walk->done, walk->done_length);
}

/* `path` with "." and ".." taken out, links left alone. NULL where it is too long. */
static const char *normalise(struct laying *laying, span path)
{
	struct walk room, *walk = &room;
	walk->done_length = 0;
	span component;
	while (span_next(&path, '/', &component)) {
		if (span_is(component, ".."))
			drop_component(walk);
		else if (component.len && !span_is(component, ".") && !append_component(walk, component))
			return NULL;
	}
	return arena_copy(laying->arena, walk->done, walk->done_length);
}

/* ---- one layer over those below it ------------------------------------------------------------------------------- */

static int order_marks(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static bool has_mark(const uint64_t *hashes, size_t count, uint64_t hash)
{
	return count && bsearch(&hash, hashes, count, sizeof hash, order_marks);
}

/* Sorted hashes of the paths that whiteouts or opaque markers name. */
static int collect_marks(struct laying *laying, const char **paths, size_t count, uint64_t **hashes, size_t *mark_count)
{
	*mark_count = 0;
	*hashes = arena_array(laying->arena, count, sizeof **hashes);
	if (!*hashes)
		return error_memory(laying->error);
	for (size_t i = 0; i < count; i++) {
		const char *path = resolve(laying, span_of(paths[i]), false);
		if (path)
			(*hashes)[(*mark_count)++] = path_hash(span_of(path), true);
	}
	qsort(*hashes, *mark_count, sizeof **hashes, order_marks);
	return TARSIER_OK;
}

/* Is anything above this path gone, or no directory any more? */
static bool is_hidden(const struct laying *laying, const struct layer_index *layer, span path)
{
	if (has_mark(laying->whiteouts, laying->whiteout_count, path_hash(path, true)))
		return true;
	for (ptrdiff_t slash = span_find_last(path, '/'); path.len; slash = span_find_last(path, '/')) {
		path.len = slash < 0 ? 0 : (size_t)slash;
		uint64_t hash = path_hash(path, true);
		if (has_mark(laying->opaques, laying->opaque_count, hash) || has_mark(laying->whiteouts, laying->whiteout_count, hash))
			return true;
		if (path.len && layer_has(layer, path, false))
			return true;
	}
	return false;
}

static void hide_below(struct laying *laying, const struct layer_index *layer, size_t number)
{
	for (size_t i = 0; i < laying->node_count; i++) {
		struct node *node = laying->nodes[i];
		if (!node->live)
			continue;
		if (is_hidden(laying, layer, node->path))
			node->live = false;
		else if (layer_has(layer, node->path, false) || layer_has(layer, node->path, true)) {
			node->live = false;
			node->replaced_by = number + 1;
		}
	}
}

/* The node at a path, made where there is none. */
static struct node *node_at(struct laying *laying, const char *path)
{
	struct node *node = map_get(&laying->by_path, span_of(path));
	if (node)
		return node;
	struct node **nodes = arena_grow(laying->arena, laying->nodes, laying->node_count, &laying->node_capacity, sizeof *nodes);
	node = arena_alloc(laying->arena, sizeof *node);
	if (!nodes || !node)
		return NULL;
	node->path = span_of(path);
	laying->nodes = nodes;
	nodes[laying->node_count++] = node;
	return map_put(&laying->by_path, node->path, node) ? node : NULL;
}

static int lay_link(struct laying *laying, const struct layer_link *link)
{
	if (link->hard && !path_match_find(laying->patterns, span_of(link->path)))
		return TARSIER_OK;
	const char *path = resolve(laying, span_of(link->path), false);
	if (!path)
		return TARSIER_OK; /* nothing can be reached through it */
	struct node *node = node_at(laying, path);
	if (!node)
		return error_memory(laying->error);
	node->live = true;
	node->link = link;
	node->file = NULL;
	return TARSIER_OK;
}

static int lay_file(struct laying *laying, const struct layer_file *file, size_t number)
{
	const char *path = resolve(laying, span_of(file->path), false);
	if (!path)
		return TARSIER_OK;
	struct node *node = node_at(laying, path);
	struct overlay_file *shown = arena_alloc(laying->arena, sizeof *shown);
	if (!node || !shown)
		return error_memory(laying->error);
	bool rewritten = node->file && (node->live || node->replaced_by == number + 1);
	*shown = (struct overlay_file){.path = node->path.ptr, .reader = file->reader, .file = file, .layer = number,
	                               .before = rewritten ? node->file : NULL};
	node->live = true;
	node->link = NULL;
	node->file = shown;
	return TARSIER_OK;
}

static int lay(struct laying *laying, const struct layer_index *layer, size_t number)
{
	int code = collect_marks(laying, layer->whiteouts, layer->whiteout_count, &laying->whiteouts, &laying->whiteout_count);
	if (!code)
		code = collect_marks(laying, layer->opaques, layer->opaque_count, &laying->opaques, &laying->opaque_count);
	if (code)
		return code;
	hide_below(laying, layer, number);
	for (size_t i = 0; i < layer->link_count && !code; i++)
		code = lay_link(laying, &layer->links[i]);
	for (size_t i = 0; i < layer->file_count && !code; i++)
		code = lay_file(laying, &layer->files[i], number);
	return code;
}

/* ---- what the top shows ------------------------------------------------------------------------------------------ */

static int show(struct laying *laying, const struct overlay_file *file)
{
	struct overlay *overlay = laying->overlay;
	const struct overlay_file **files = arena_grow(laying->arena, overlay->files, overlay->file_count, &laying->file_capacity, sizeof *files);
	if (!files)
		return error_memory(laying->error);
	overlay->files = files;
	files[overlay->file_count++] = file;
	return TARSIER_OK;
}

/* Does any layer have a file at this path? A star stands for files that nobody counted. */
static bool is_anywhere(const struct laying *laying, span path)
{
	if (span_find(path, '*') >= 0)
		return true;
	for (size_t i = 0; i < laying->layer_count; i++)
		if (layer_has(laying->layers[i], path, false))
			return true;
	return false;
}

/* The target of the link at `path` as it is written, for tars whose entries are written through links themselves. */
static const char *written_target(struct laying *laying, span path, const struct layer_link *link)
{
	ptrdiff_t slash = span_find_last(path, '/');
	bool from_root = link->hard || link->target[0] == '/' || slash < 0;
	const char *joined = from_root ? link->target : arena_format(laying->arena, "%.*s/%s", (int)slash, path.ptr, link->target);
	return joined ? normalise(laying, span_of(joined)) : NULL;
}

static int want(struct laying *laying, const char *target, const struct reader *reader)
{
	struct overlay *overlay = laying->overlay;
	for (size_t i = 0; i < overlay->want_count; i++)
		if (overlay->wants[i].reader == reader && strcmp(overlay->wants[i].target, target) == 0)
			return TARSIER_OK;
	if (overlay->want_count == WANT_LIMIT)
		return error_set(laying->error, TARSIER_LIMIT, "%s: more than %d links lead to evidence elsewhere", target, WANT_LIMIT);
	struct overlay_want *wants = arena_grow(laying->arena, overlay->wants, overlay->want_count, &laying->want_capacity, sizeof *wants);
	if (!wants)
		return error_memory(laying->error);
	overlay->wants = wants;
	wants[overlay->want_count++] = (struct overlay_want){.target = target, .reader = reader};
	return TARSIER_OK;
}

/* A path that `reader` wants turned out to be somewhere else: at `target`. */
static int show_behind(struct laying *laying, span path, const char *target, const struct reader *reader)
{
	const struct node *node = map_get(&laying->by_path, span_of(target));
	bool is_file = node && node->live && node->file;
	if (is_file && node->file->reader == reader && !reader->keep)
		return TARSIER_OK; /* shown under its own path */
	if (!is_file || node->file->reader != reader)
		return want(laying, target, reader);
	struct overlay_file *alias = arena_alloc(laying->arena, sizeof *alias);
	if (!alias)
		return error_memory(laying->error);
	*alias = *node->file;
	alias->path = span_copy(laying->arena, path);
	return alias->path ? show(laying, alias) : error_memory(laying->error);
}

/* Links that dangle are nothing to ask for. */
static int show_link(struct laying *laying, const struct node *node)
{
	const struct reader *reader = path_match_find(laying->patterns, node->path);
	const char *target = reader ? resolve(laying, node->path, true) : NULL;
	if (!target || !*target)
		return TARSIER_OK;
	if (!is_anywhere(laying, span_of(target))) {
		const char *written = written_target(laying, node->path, node->link);
		if (!written || !is_anywhere(laying, span_of(written)))
			return TARSIER_OK;
	}
	return show_behind(laying, node->path, target, reader);
}

static int show_node(struct laying *laying, const struct node *node)
{
	if (!node->live)
		return TARSIER_OK;
	return node->file ? show(laying, node->file) : show_link(laying, node);
}

/* A pattern without a star at any depth, whose folder is a link, looks at a place where nothing is. */
static int show_pattern(struct laying *laying, const char *pattern, const struct reader *reader)
{
	ptrdiff_t slash = span_find_last(span_of(pattern), '/');
	span folder = {pattern, slash < 0 ? 0 : (size_t)slash};
	if (!folder.len || span_find(folder, '*') >= 0)
		return TARSIER_OK;
	const char *real = resolve(laying, folder, true);
	if (!real)
		return TARSIER_OK;
	if (span_is(folder, real))
		return TARSIER_OK;
	char *target = arena_format(laying->arena, "%s%s%s", real, *real ? "/" : "", pattern + slash + 1);
	if (!target)
		return error_memory(laying->error);
	if (path_match_find(laying->patterns, span_of(target)) == reader && !reader->keep)
		return TARSIER_OK; /* "/lib" is "usr/lib": looked at already */
	if (!is_anywhere(laying, span_of(target)))
		return TARSIER_OK;
	return show_behind(laying, span_of(pattern), target, reader);
}

static int show_patterns(struct laying *laying)
{
	int code = TARSIER_OK;
	for (const struct reader *const *reader = laying->readers; *reader && !code; reader++)
		for (const char *const *pattern = (*reader)->evidence; *pattern && !code; pattern++)
			code = show_pattern(laying, *pattern, *reader);
	return code;
}

static int order_files(const void *a, const void *b)
{
	return strcmp((*(const struct overlay_file *const *)a)->path, (*(const struct overlay_file *const *)b)->path);
}

int overlay_build(struct arena *arena, const struct layer_index *const *layers, size_t count,
                  const struct reader *const *readers, const struct path_match *patterns, struct overlay *overlay,
                  struct tarsier_error *error)
{
	memset(overlay, 0, sizeof *overlay);
	struct laying laying = {.arena = arena, .readers = readers, .patterns = patterns, .by_path = {.arena = arena},
	                        .layers = layers, .layer_count = count, .overlay = overlay, .error = error};
	int code = TARSIER_OK;
	for (size_t i = 0; i < count && !code; i++)
		code = lay(&laying, layers[i], i);
	for (size_t i = 0; i < laying.node_count && !code; i++)
		code = show_node(&laying, laying.nodes[i]);
	if (!code)
		code = show_patterns(&laying);
	if (!code && overlay->file_count)
		qsort(overlay->files, overlay->file_count, sizeof *overlay->files, order_files);
	return code;
}

const struct overlay_file *overlay_find(const struct overlay *overlay, const char *path)
{
	const struct overlay_file key = {.path = path}, *key_pointer = &key;
	const struct overlay_file **found = overlay->file_count
		? bsearch(&key_pointer, overlay->files, overlay->file_count, sizeof *found, order_files) : NULL;
	return found ? *found : NULL;
}
