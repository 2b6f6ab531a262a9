#include "layer/laying.h"

#include <string.h>

int laying_check(struct laying *laying)
{
	if (laying->tree.steps > LAYING_STEPS_LIMIT)
		return error_set(laying->error, TARSIER_LIMIT, "the links and evidence of its layers take more than %d steps to lay "
		                 "over each other", LAYING_STEPS_LIMIT);
	if (laying->tree.steps - laying->checked < LAYING_CHECK)
		return TARSIER_OK;
	laying->checked = laying->tree.steps;
	if (laying->cancelled && atomic_load(laying->cancelled))
		return error_set(laying->error, TARSIER_CANCELLED, "cancelled");
	return TARSIER_OK;
}

/* ---- entries by their hashes ------------------------------------------------------------------------------------- */

/* The layer has an entry at this node: what it showed is replaced, and kept as what was there before. */
static void replace(struct laying *laying, struct node *node, bool directory)
{
	if (!directory)
		tree_clear_below(&laying->tree, node, laying->number);
	if (!node->live || node->laid == laying->number)
		return;
	node->live = false;
	node->link = NULL;
	node->original = NULL;
	node->replaced = laying->number;
}

static int collect_kept(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	size_t most = layer->file_count + layer->link_count;
	uint64_t *room = arena_array(laying->scratch, most, sizeof *room);
	laying->kept = arena_array(laying->scratch, most, sizeof *laying->kept);
	laying->kept_count = 0;
	if (!room || !laying->kept)
		return error_memory(laying->error);
	for (size_t i = 0; i < layer->file_count; i++)
		laying->kept[laying->kept_count++] = path_hash(span_of(layer->files[i].path), false);
	for (size_t i = 0; i < layer->link_count; i++)
		laying->kept[laying->kept_count++] = path_hash(span_of(layer->links[i].path), false);
	path_hash_sort(laying->kept, room, laying->kept_count);
	return TARSIER_OK;
}

/* Will an entry with this hash be laid when its turn comes? It then replaces what is there by that time. */
static bool is_kept(const struct laying *laying, uint64_t hash)
{
	return path_hash_among(laying->kept, laying->kept_count, hash);
}

/* Of most entries only the hash is known. They are taken to come before those that are kept. */
static int replace_taken(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	int code = TARSIER_OK;
	for (size_t i = 0; i < layer->taken_count && code >= 0; i++) {
		struct node *node = tree_find(&laying->tree, layer->taken[i]);
		if (node && node->parent && !is_kept(laying, layer->taken[i])) {
			replace(laying, node, layer->taken[i] & 1);
			code = laying_check(laying);
		}
	}
	return code;
}

/* ---- entries through links --------------------------------------------------------------------------------------- */

static int add_alias(struct laying *laying, const char *literal, const char *target)
{
	if (laying->alias_count >= ALIASES_LIMIT)
		return error_set(laying->error, TARSIER_LIMIT, "entries are written through more than %d links", ALIASES_LIMIT);
	struct alias *aliases = arena_grow(laying->scratch, laying->aliases, laying->alias_count, &laying->alias_capacity,
	                                   sizeof *aliases);
	if (!aliases || !literal || !target)
		return error_memory(laying->error);
	laying->aliases = aliases;
	aliases[laying->alias_count++] = (struct alias){literal, target};
	return TARSIER_OK;
}

/* Entries of the layer are written through the link at `literal`. */
static int note_alias(struct laying *laying, span literal)
{
	if (!tree_resolve(&laying->tree, literal, true, &laying->place))
		return TARSIER_OK;
	const char *target = arena_copy(laying->scratch, laying->place.path, laying->place.length);
	return add_alias(laying, span_copy(laying->scratch, literal), target);
}

/* Is the link taken away by a whiteout? Then what has its path is no entry behind it: whiteouts come first in a
 * layer. */
static bool is_removed(struct laying *laying, span literal)
{
	const struct layer_index *layer = laying->layer;
	for (size_t i = 0; i < layer->whiteout_count; i++) {
		span path = span_of(layer->whiteouts[i].path);
		laying->tree.steps++;
		if (!layer->whiteouts[i].opaque && literal.len >= path.len && memcmp(literal.ptr, path.ptr, path.len) == 0 &&
		    (literal.len == path.len || literal.ptr[path.len] == '/'))
			return true;
	}
	return false;
}

/* The path of `node` as it is written below an alias. False if it is too long. */
static bool write_below(const struct alias *alias, const struct node *top, const struct node *node,
                        struct place *written)
{
	size_t prefix = strlen(alias->literal), length = prefix;
	for (const struct node *at = node; at != top; at = at->parent)
		length += 1 + at->name.len;
	if (length >= TREE_PATH_LIMIT)
		return false;
	written->length = length;
	memcpy(written->path, alias->literal, prefix);
	for (const struct node *at = node; at != top; at = at->parent) {
		length -= at->name.len;
		memcpy(written->path + length, at->name.ptr, at->name.len);
		written->path[--length] = '/';
	}
	return true;
}

/* One node below an alias: an entry may have its path there, or lie behind it in turn. *below: look further down. */
static int meet(struct laying *laying, const struct alias *alias, const struct node *top, struct node *node, bool *below)
{
	struct place *written = &laying->target;
	if (!write_below(alias, top, node, written))
		return TARSIER_OK;
	span path = {written->path, written->length};
	laying->tree.steps += path.len / 64;
	bool other = layer_has(laying->layer, path, false) && !is_kept(laying, path_hash(path, false));
	*below = !other;
	if (other || layer_has(laying->layer, path, true))
		replace(laying, node, !other);
	else if (node->live && node->link && layer_passes(laying->layer, path) && !is_removed(laying, path))
		return note_alias(laying, path);
	return laying_check(laying);
}

static int hide_behind(struct laying *laying, struct alias alias)
{
	int code = TARSIER_OK;
	bool below = true;
	if (!tree_resolve(&laying->tree, span_of(alias.target), false, &laying->place) || laying->place.beyond)
		return TARSIER_OK;
	struct node *top = laying->place.node;
	for (struct node *node = tree_next(&laying->tree, top, top, true); node && code >= 0;
	     node = tree_next(&laying->tree, top, node, below)) {
		below = true;
		code = meet(laying, &alias, top, node, &below);
	}
	return code;
}

/* Links of the layers below that entries of this one are written through. */
static int note_aliases(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	int code = TARSIER_OK;
	for (size_t i = 0; i < layer->folder_count && code >= 0; i++) {
		struct node *node = tree_find(&laying->tree, layer->folders[i]);
		if (!node || !node->live || !node->link)
			continue;
		const char *path = tree_path(laying->scratch, node);
		if (!path)
			return error_memory(laying->error);
		if (!is_removed(laying, span_of(path)))
			code = note_alias(laying, span_of(path));
		if (code >= 0)
			code = laying_check(laying);
	}
	return code;
}

/* Those that were noted since; hiding may note more. */
static int hide_behind_aliases(struct laying *laying, size_t *done)
{
	int code = TARSIER_OK;
	for (; *done < laying->alias_count && code >= 0; ++*done)
		code = hide_behind(laying, laying->aliases[*done]);
	return code;
}

/* ---- entries that are kept --------------------------------------------------------------------------------------- */

/* The node for an entry at `path`. *node is NULL if it cannot be reached. */
static int place_entry(struct laying *laying, const char *path, struct node **node)
{
	*node = NULL;
	if (!tree_resolve(&laying->tree, span_of(path), false, &laying->place))
		return TARSIER_OK;
	struct node *deepest = laying->place.node;
	if (laying->place.beyond && deepest->live && !deepest->link)
		node_clear(deepest, 0); /* an entry below a file: that is a folder by now */
	return tree_at(&laying->tree, &laying->place, node, laying->error);
}

static void lay_here(const struct laying *laying, struct node *node, const void *entry)
{
	node->live = true;
	node->laid = laying->number;
	node->entry = entry;
}

/* Later entries of the layer are written through a link that was just laid: under the name that its own entry has, or
 * under the path that this leads to. */
static int note_new_link(struct laying *laying, const struct layer_link *link, const struct node *node)
{
	int code = link->used ? note_alias(laying, span_of(link->path)) : TARSIER_OK;
	const char *path = code >= 0 ? tree_path(laying->scratch, node) : NULL;
	if (!path)
		return code < 0 ? code : error_memory(laying->error);
	if (strcmp(path, link->path) == 0 || !layer_passes(laying->layer, span_of(path)))
		return TARSIER_OK;
	return note_alias(laying, span_of(path));
}

static int lay_link(struct laying *laying, const struct layer_link *link)
{
	struct node *node;
	int code = place_entry(laying, link->path, &node);
	if (code < 0 || !node || !node->parent)
		return code;
	tree_clear_below(&laying->tree, node, 0);
	node_clear(node, 0);
	lay_here(laying, node, link);
	node->link = link;
	return note_new_link(laying, link, node);
}

static struct overlay_file *file_of(const struct node *node, const struct reader *reader)
{
	for (struct node_file *file = node->files; file; file = file->next)
		if (file->shown.reader == reader)
			return &file->shown;
	return NULL;
}

/* A path that two readers want is one entry: both have found something in it. */
static bool is_same_entry(const struct laying *laying, const struct node *node, const struct layer_file *file)
{
	return node->live && node->laid == laying->number && node->files &&
	       node->files->shown.file->sequence == file->sequence && node->files->shown.layer + 1 == laying->number;
}

static int lay_file(struct laying *laying, const struct layer_file *file)
{
	struct node *node;
	int code = place_entry(laying, file->path, &node);
	if (code < 0 || !node || !node->parent)
		return code;
	struct node_file *made = arena_alloc(laying->arena, sizeof *made);
	if (!made)
		return error_memory(laying->error);
	bool same = is_same_entry(laying, node, file), rewritten = same || node->live || node->replaced == laying->number;
	made->shown = (struct overlay_file){.reader = file->reader, .file = file, .layer = laying->number - 1,
	                                    .before = rewritten ? file_of(node, file->reader) : NULL};
	made->shown.path = arena_copy(laying->arena, laying->place.path, laying->place.length);
	made->origin = file;
	made->next = same ? node->files : NULL;
	if (!same) {
		tree_clear_below(&laying->tree, node, 0);
		node_clear(node, 0);
	}
	lay_here(laying, node, file);
	node->files = made;
	return made->shown.path ? TARSIER_OK : error_memory(laying->error);
}

/* What the original is at this moment, the other name is too, whatever becomes of the original. */
static int bind(struct laying *laying, struct node *node, const struct node *original)
{
	node->link = original->link;
	for (const struct node_file *file = original->files; file; file = file->next) {
		struct node_file *made = arena_alloc(laying->arena, sizeof *made);
		struct layer_file *copy = arena_alloc(laying->arena, sizeof *copy); /* evidence of its own, under another name */
		char *path = tree_path(laying->arena, node);
		if (!made || !copy || !path)
			return error_memory(laying->error);
		*copy = *file->shown.file;
		made->shown = file->shown;
		made->origin = file->origin;
		made->shown.file = copy;
		made->shown.path = path;
		made->next = node->files;
		node->files = made;
	}
	return TARSIER_OK;
}

/* Hard links to what the layers below show. Before an entry of this layer replaces it: engines unpack in order. */
static int find_originals(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	laying->originals = NULL;
	for (size_t i = 0; i < layer->link_count; i++) {
		if (!layer->links[i].hard || !tree_resolve(&laying->tree, span_of(layer->links[i].target), false, &laying->place))
			continue;
		if (laying->place.beyond || !laying->place.node->live)
			continue;
		if (!laying->originals)
			laying->originals = arena_array(laying->scratch, layer->link_count, sizeof *laying->originals);
		struct node *copy = arena_alloc(laying->scratch, sizeof *copy);
		if (!copy || !laying->originals)
			return error_memory(laying->error);
		*copy = *laying->place.node;
		laying->originals[i] = copy;
	}
	return laying_check(laying);
}

/* What a hard link's target is, now that its turn has come. */
static struct node original_of(const struct laying *laying, const struct layer_link *link)
{
	const struct place *target = &laying->target;
	if (!target->beyond && target->node->live)
		return *target->node;
	const struct node *below = laying->originals ? laying->originals[link - laying->layer->links] : NULL;
	span path = {target->path, target->length};
	if (below && (!layer_has(laying->layer, path, false) || is_kept(laying, path_hash(path, false))))
		return *below;
	return (struct node){.original = target->beyond ? NULL : target->node->original};
}

static int lay_hard_link(struct laying *laying, const struct layer_link *link)
{
	struct node *node;
	if (!tree_resolve(&laying->tree, span_of(link->target), false, &laying->target))
		return TARSIER_OK;
	int code = place_entry(laying, link->path, &node);
	if (code < 0 || !node || !node->parent || (!laying->target.beyond && node == laying->target.node))
		return code;
	struct node kept = original_of(laying, link); /* a copy: the link may lie above it */
	tree_clear_below(&laying->tree, node, 0);
	node_clear(node, 0);
	lay_here(laying, node, link);
	node->original = kept.original ? kept.original
	                               : arena_copy(laying->scratch, laying->target.path, laying->target.length);
	if (!node->original)
		return error_memory(laying->error);
	code = kept.live ? bind(laying, node, &kept) : TARSIER_OK;
	return code >= 0 && node->link ? note_new_link(laying, link, node) : code;
}

/* What this layer has laid itself it does not delete: whiteouts are for the layers below. */
static int lay_whiteout(struct laying *laying, const struct layer_whiteout *whiteout)
{
	if (!tree_resolve(&laying->tree, span_of(whiteout->path), whiteout->opaque, &laying->place) || laying->place.beyond)
		return TARSIER_OK;
	tree_clear_below(&laying->tree, laying->place.node, laying->number);
	if (!whiteout->opaque)
		node_clear(laying->place.node, laying->number);
	return TARSIER_OK;
}

/* ---- one layer --------------------------------------------------------------------------------------------------- */

/* The next of a layer's entries that are kept, in the order of the tar. */
struct entries { size_t file, link, whiteout; };

/* A hard link whose file was known when the layer was read is laid as that file. 1: laid; 0: there is none left. */
static int lay_next(struct laying *laying, struct entries *next)
{
	const struct layer_index *layer = laying->layer;
	uint32_t file = next->file < layer->file_count ? layer->files[next->file].sequence : UINT32_MAX;
	uint32_t link = next->link < layer->link_count ? layer->links[next->link].sequence : UINT32_MAX;
	uint32_t whiteout = next->whiteout < layer->whiteout_count ? layer->whiteouts[next->whiteout].sequence : UINT32_MAX;
	int code = TARSIER_OK;
	if (file == UINT32_MAX && link == UINT32_MAX && whiteout == UINT32_MAX)
		return 0;
	if (whiteout < link && whiteout < file) {
		code = lay_whiteout(laying, &layer->whiteouts[next->whiteout++]);
	} else if (link <= file) {
		const struct layer_link *at = &layer->links[next->link++];
		if (link < file)
			code = at->hard ? lay_hard_link(laying, at) : lay_link(laying, at);
	} else {
		code = lay_file(laying, &layer->files[next->file++]);
	}
	return code < 0 ? code : 1;
}

/* An entry of which only the hash is known came after this one, at the same path or at a folder above it. */
static void remove_entry(struct laying *laying, const char *path, const void *entry)
{
	struct place *place = &laying->place;
	if (!tree_resolve(&laying->tree, span_of(path), false, place) || place->beyond)
		return;
	if (!span_is((span){place->path, place->length}, path))
		return; /* what took the folder's place is a link: the entry lies elsewhere, or it lay behind a link before */
	if (place->node->live && place->node->entry == entry)
		node_clear(place->node, 0);
}

static int remove_gone(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	for (size_t i = 0; i < layer->link_count; i++)
		if (layer->links[i].gone)
			remove_entry(laying, layer->links[i].path, &layer->links[i]);
	for (size_t i = 0; i < layer->file_count; i++)
		if (layer->files[i].gone)
			remove_entry(laying, layer->files[i].path, &layer->files[i]);
	return laying_check(laying);
}

static int lay(struct laying *laying)
{
	struct entries next = {0};
	size_t hidden = laying->first_alias = laying->alias_count;
	int code = collect_kept(laying);
	if (code >= 0)
		code = find_originals(laying);
	if (code >= 0)
		code = replace_taken(laying);
	if (code >= 0)
		code = note_aliases(laying);
	if (code >= 0)
		code = hide_behind_aliases(laying, &hidden);
	for (int more = 1; code >= 0 && more > 0;) {
		more = lay_next(laying, &next);
		code = more < 0 ? more : laying_check(laying);
		if (code >= 0)
			code = hide_behind_aliases(laying, &hidden);
	}
	return code < 0 ? code : remove_gone(laying);
}

int laying_run(struct laying *laying)
{
	int code = tree_init(&laying->tree, laying->scratch, laying->error);
	for (size_t i = 0; i < laying->layer_count && code >= 0; i++) {
		laying->layer = laying->layers[i];
		laying->number = (uint32_t)i + 1;
		code = lay(laying);
	}
	return code;
}
