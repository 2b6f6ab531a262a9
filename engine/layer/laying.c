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

void laying_replace(struct laying *laying, struct node *node, bool directory, uint32_t spared)
{
	if (!directory)
		tree_clear_below(&laying->tree, node, spared);
	if (!node->live || (spared && node->laid == spared))
		return;
	node->live = false;
	node->link = NULL;
	node->original = NULL;
	node->replaced = laying->number;
}

int laying_take(struct laying *laying, struct node *node, span literal, bool directory)
{
	bool own = node->live && node->laid == laying->number;
	if (!own && ((node->live && node->link) || (!directory && node->child))) {
		node->taken = laying->number;
		node->taken_as = literal.ptr ? span_copy(laying->scratch, literal) : tree_path(laying->scratch, node);
		if (!node->taken_as)
			return error_memory(laying->error);
	}
	laying_replace(laying, node, directory, laying->number);
	return laying_check(laying);
}

static int collect_kept(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	size_t most = layer->file_count + layer->link_count + layer->other_count;
	uint64_t *room = arena_array(laying->scratch, most, sizeof *room);
	laying->kept = arena_array(laying->scratch, most, sizeof *laying->kept);
	laying->kept_count = 0;
	laying->uses_links = false;
	if (!room || !laying->kept)
		return error_memory(laying->error);
	for (size_t i = 0; i < layer->file_count; i++)
		laying->kept[laying->kept_count++] = path_hash(span_of(layer->files[i].path), false);
	for (size_t i = 0; i < layer->link_count; i++) {
		laying->kept[laying->kept_count++] = path_hash(span_of(layer->links[i].path), false);
		laying->uses_links |= layer->links[i].used;
	}
	for (size_t i = 0; i < layer->other_count; i++)
		laying->kept[laying->kept_count++] = path_hash(span_of(layer->others[i].path), layer->others[i].directory);
	path_hash_sort(laying->kept, room, laying->kept_count);
	return TARSIER_OK;
}

bool laying_keeps(const struct laying *laying, uint64_t hash)
{
	return path_hash_among(laying->kept, laying->kept_count, hash);
}

/* Of most entries only the hash is known. They are taken to come before those that are kept, until one of these turns out
 * to lie where that makes a difference. */
static int replace_taken(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	int code = TARSIER_OK;
	for (size_t i = 0; i < layer->taken_count && code >= 0; i++) {
		struct node *node = tree_find(&laying->tree, layer->taken[i]);
		if (node && node->parent && !laying_keeps(laying, layer->taken[i]))
			code = laying_take(laying, node, (span){NULL, 0}, layer->taken[i] & 1);
	}
	return code;
}

/* ---- entries that are kept --------------------------------------------------------------------------------------- */

/* Under a name that a reader wants. */
static bool shows_directory(const struct node *node)
{
	return node->files && node->files->shown.file->directory;
}

/* The node for an entry at `path`. *node is NULL if it cannot be reached. */
static int place_entry(struct laying *laying, const char *path, struct node **node)
{
	*node = NULL;
	if (!tree_resolve(&laying->tree, span_of(path), false, &laying->place))
		return TARSIER_OK;
	struct node *deepest = laying->place.node;
	int code = laying_ask_way(laying, laying->place.node);
	if (code < 0)
		return code;
	if (laying->place.beyond && deepest->live && !deepest->link && !shows_directory(deepest))
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
	const char *path = tree_path(laying->scratch, node);
	if (!path)
		return error_memory(laying->error);
	int code = laying_renew_aliases(laying, path);
	if (code >= 0 && link->used)
		code = laying_note_alias(laying, span_of(link->path), true);
	if (code < 0)
		return code;
	if (strcmp(path, link->path) != 0 && layer_passes(laying->layer, span_of(path)))
		code = laying_note_alias(laying, span_of(path), true);
	return code < 0 ? code : laying_note_behind(laying, path);
}

static int lay_link(struct laying *laying, const struct layer_link *link)
{
	struct node *node;
	int code = place_entry(laying, link->path, &node);
	if (code >= 0 && node && node->parent)
		code = laying_ask_order(laying, link->path, &laying->place);
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

/* What the layers below showed at the node for the reader, if they or this layer had something there until now. */
static const struct overlay_file *file_before(const struct laying *laying, const struct node *node,
                                              const struct reader *reader)
{
	const struct overlay_file *file = node->live || node->replaced == laying->number ? file_of(node, reader) : NULL;
	return file && file->layer + 1 == laying->number ? file->before : file;
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
	if ((code = laying_ask_order(laying, file->path, &laying->place)) < 0)
		return code;
	bool same = is_same_entry(laying, node, file);
	made->shown = (struct overlay_file){.reader = file->reader, .file = file, .layer = laying->number - 1,
	                                    .before = file_before(laying, node, file->reader)};
	made->shown.path = arena_copy(laying->arena, laying->place.path, laying->place.length);
	made->origin = file;
	made->next = same ? node->files : NULL;
	if (!same && !file->directory)
		tree_clear_below(&laying->tree, node, 0);
	if (!same)
		node_clear(node, 0);
	lay_here(laying, node, file);
	node->files = made;
	return made->shown.path ? TARSIER_OK : error_memory(laying->error);
}

/* Gives the other name what the original is at this moment. A later change of the original does not change it. `replaced` is
 * what lay under the other name before. */
static int bind(struct laying *laying, struct node *node, const struct node *original, const struct node *replaced)
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
		if (file->shown.layer + 1 == laying->number)
			made->shown.before = file_before(laying, replaced, file->shown.reader);
		made->next = node->files;
		node->files = made;
	}
	return TARSIER_OK;
}

static int lay_hard_link(struct laying *laying, const struct layer_link *link)
{
	struct node *node;
	if (!tree_resolve(&laying->tree, span_of(link->target), false, &laying->target))
		return TARSIER_OK;
	int code = laying_ask_way(laying, laying->target.node);
	if (code >= 0)
		code = place_entry(laying, link->path, &node);
	if (code < 0 || !node || !node->parent || (!laying->target.beyond && node == laying->target.node))
		return code;
	code = laying_ask_order(laying, link->path, &laying->place);
	if (code >= 0)
		code = laying_ask_order(laying, link->target, &laying->target);
	if (code < 0)
		return code;
	struct node kept = {.live = false}, replaced = *node; /* copies: the link may lie above it */
	if (!laying->target.beyond)
		kept = *laying->target.node;
	tree_clear_below(&laying->tree, node, 0);
	node_clear(node, 0);
	lay_here(laying, node, link);
	node->original = kept.original ? kept.original
	                               : arena_copy(laying->scratch, laying->target.path, laying->target.length);
	if (!node->original)
		return error_memory(laying->error);
	code = kept.live ? bind(laying, node, &kept, &replaced) : TARSIER_OK;
	return code >= 0 && node->link ? note_new_link(laying, link, node) : code;
}

/* Nothing of it is kept, but what was there is gone. */
static int lay_other(struct laying *laying, const struct layer_other *other, size_t links_before)
{
	struct place *place = &laying->place;
	if (!tree_resolve(&laying->tree, span_of(other->path), false, place) || place->beyond || !place->node->parent)
		return TARSIER_OK;
	laying_replace(laying, place->node, other->directory, 0);
	return laying_renew_own(laying, links_before);
}

/* What this layer has laid itself it does not delete: whiteouts are for the layers below. */
static int lay_whiteout(struct laying *laying, const struct layer_whiteout *whiteout, size_t links_before)
{
	if (!tree_resolve(&laying->tree, span_of(whiteout->path), whiteout->opaque, &laying->place))
		return TARSIER_OK;
	int code = laying_ask_way(laying, laying->place.node);
	if (code < 0 || laying->place.beyond)
		return code;
	tree_clear_below(&laying->tree, laying->place.node, laying->number);
	if (!whiteout->opaque)
		node_clear(laying->place.node, laying->number);
	return laying_renew_own(laying, links_before);
}

/* ---- one layer --------------------------------------------------------------------------------------------------- */

/* The next of a layer's entries that are kept, in the order of the tar. */
struct entries { size_t file, link, other, whiteout; };

/* 1: laid; 0: there is none left. */
static int lay_next(struct laying *laying, struct entries *next)
{
	const struct layer_index *layer = laying->layer;
	uint32_t file = next->file < layer->file_count ? layer->files[next->file].sequence : UINT32_MAX;
	uint32_t link = next->link < layer->link_count ? layer->links[next->link].sequence : UINT32_MAX;
	uint32_t other = next->other < layer->other_count ? layer->others[next->other].sequence : UINT32_MAX;
	uint32_t whiteout = next->whiteout < layer->whiteout_count ? layer->whiteouts[next->whiteout].sequence : UINT32_MAX;
	int code = TARSIER_OK;
	if (file == UINT32_MAX && link == UINT32_MAX && other == UINT32_MAX && whiteout == UINT32_MAX)
		return 0;
	if (whiteout < link && whiteout < file && whiteout < other) {
		code = lay_whiteout(laying, &layer->whiteouts[next->whiteout++], next->link);
	} else if (other <= link && other <= file) {
		if (other < link && other < file)
			code = lay_other(laying, &layer->others[next->other], next->link);
		next->other++;
	} else if (link < file) {
		const struct layer_link *at = &layer->links[next->link++];
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
		code = laying_ask_repeated(laying);
	if (code >= 0)
		code = laying_find_ways(laying);
	if (code >= 0)
		code = replace_taken(laying);
	if (code >= 0)
		code = laying_note_aliases(laying);
	if (code >= 0)
		code = laying_hide_behind(laying, &hidden);
	for (int more = 1; code >= 0 && more > 0;) {
		more = lay_next(laying, &next);
		code = more < 0 ? more : laying_check(laying);
		if (code >= 0)
			code = laying_hide_behind(laying, &hidden);
	}
	if (code >= 0)
		code = laying_renew_all(laying);
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
