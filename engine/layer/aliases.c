/* entries that are written through links, which have two names */
#include "layer/laying.h"

#include <string.h>

/* ---- links that entries are written through ------------------------------------------------------------------------ */

/* Is it on the list already, as one of the layer's own? */
static bool is_noted(struct laying *laying, span literal, span target)
{
	for (size_t i = laying->first_alias; i < laying->alias_count; i++) {
		const struct alias *alias = &laying->aliases[i];
		laying->tree.steps++;
		if (alias->own && span_is(literal, alias->literal) && span_is(target, alias->target))
			return true;
	}
	return false;
}

static int add_alias(struct laying *laying, const char *literal, const char *target, bool own)
{
	if (laying->alias_count >= ALIASES_LIMIT)
		return error_set(laying->error, TARSIER_LIMIT, "entries are written through more than %d links", ALIASES_LIMIT);
	struct alias *aliases = arena_grow(laying->scratch, laying->aliases, laying->alias_count, &laying->alias_capacity,
	                                   sizeof *aliases);
	if (!aliases || !literal || !target)
		return error_memory(laying->error);
	laying->aliases = aliases;
	aliases[laying->alias_count++] = (struct alias){literal, target, own};
	return TARSIER_OK;
}

int laying_note_alias(struct laying *laying, span literal, bool own)
{
	if (!tree_resolve(&laying->tree, literal, true, &laying->place))
		return TARSIER_OK;
	if (own && is_noted(laying, literal, (span){laying->place.path, laying->place.length}))
		return TARSIER_OK;
	int code = laying_ask_way(laying, laying->place.node);
	if (code < 0)
		return code;
	const char *target = arena_copy(laying->scratch, laying->place.path, laying->place.length);
	return add_alias(laying, span_copy(laying->scratch, literal), target, own);
}

int laying_renew_aliases(struct laying *laying, const char *path)
{
	size_t count = laying->alias_count;
	int code = TARSIER_OK;
	for (size_t i = laying->first_alias; i < count && code >= 0; i++) {
		const struct alias *alias = &laying->aliases[i];
		laying->tree.steps++;
		if (span_is_within(span_of(alias->target), span_of(path)))
			code = laying_note_alias(laying, span_of(alias->literal), true);
	}
	return code;
}

int laying_renew_own(struct laying *laying, size_t link_count)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < link_count && code >= 0 && laying->uses_links; i++) {
		const struct layer_link *link = &laying->layer->links[i];
		laying->tree.steps++;
		if (link->used)
			code = laying_note_alias(laying, span_of(link->path), true);
	}
	return code;
}

/* Is the link taken away by a whiteout that came before the entries below its path? Then they are not behind the link. What
 * opaque folders hide lies in them. */
static bool is_removed(struct laying *laying, span literal)
{
	const struct layer_index *layer = laying->layer;
	for (size_t i = 0; i < layer->whiteout_count; i++) {
		const struct layer_whiteout *whiteout = &layer->whiteouts[i];
		span path = span_of(whiteout->path);
		laying->tree.steps++;
		if (!whiteout->used && span_is_within(literal, path) && !(whiteout->opaque && literal.len == path.len))
			return true;
	}
	return false;
}

/* ---- the order of entries of which only the hash is known -------------------------------------------------------- */

/* Has the layer an entry here of which only the hash is known? */
static bool is_unseen(const struct laying *laying, span path, bool directory)
{
	return layer_has(laying->layer, path, directory) && !laying_keeps(laying, path_hash(path, directory));
}

/* Another look at the layers must tell when the entry at this path has its turn. */
static int ask(struct laying *laying, span path)
{
	const char **unordered = arena_grow(laying->scratch, laying->unordered, laying->unordered_count,
	                                    &laying->unordered_capacity, sizeof *unordered);
	const char *copy = span_copy(laying->scratch, path);
	if (!unordered || !copy)
		return error_memory(laying->error);
	laying->unordered = unordered;
	unordered[laying->unordered_count++] = copy;
	return TARSIER_OK;
}

/* Has an entry at `path`, or above it what is not a folder, its turn at an unknown time? Not if what is written as
 * `literal` lies there under this name: then the layer's index tells. */
static int ask_if_unseen(struct laying *laying, const char *literal, span path)
{
	int code = TARSIER_OK;
	if (!span_is(path, literal) && is_unseen(laying, path, true))
		code = ask(laying, path);
	for (size_t length = path.len; length && code >= 0; length--) {
		span part = {path.ptr, length};
		if (length < path.len && path.ptr[length] != '/')
			continue;
		laying->tree.steps++;
		if (span_is_within(span_of(literal), part))
			break;
		if (is_unseen(laying, part, false))
			code = ask(laying, part);
	}
	return code;
}

int laying_name_behind(struct laying *laying, const struct alias *alias, span path, const char **other)
{
	span target = span_of(alias->target);
	*other = NULL;
	laying->tree.steps++;
	if (!span_is_within(path, target) || path.len == target.len)
		return TARSIER_OK;
	*other = arena_format(laying->scratch, "%s/%.*s", alias->literal,
	                      SPAN_WHOLE(span_from(path, target.len + (target.len != 0))));
	return *other ? TARSIER_OK : error_memory(laying->error);
}

int laying_ask_order(struct laying *laying, const char *literal, const struct place *place)
{
	span path = {place->path, place->length};
	const char *other;
	int code = span_is(path, literal) ? TARSIER_OK : ask_if_unseen(laying, literal, path);
	for (size_t i = laying->first_alias; i < laying->alias_count && code >= 0; i++) {
		code = laying_name_behind(laying, &laying->aliases[i], path, &other);
		if (code >= 0 && other)
			code = ask_if_unseen(laying, literal, span_of(other));
	}
	return code;
}

int laying_note_behind(struct laying *laying, const char *path)
{
	size_t count = laying->alias_count;
	const char *other;
	int code = TARSIER_OK;
	for (size_t i = laying->first_alias; i < count && code >= 0; i++) {
		code = laying_name_behind(laying, &laying->aliases[i], span_of(path), &other);
		if (code >= 0 && other && layer_passes(laying->layer, span_of(other)))
			code = laying_note_alias(laying, span_of(other), true);
	}
	return code;
}

static int ask_if_repeated(struct laying *laying, const char *path)
{
	const struct layer_index *layer = laying->layer;
	uint64_t hash = path_hash(span_of(path), false);
	return path_hash_among(layer->repeated, layer->repeated_count, hash) ? ask(laying, span_of(path)) : TARSIER_OK;
}

int laying_ask_repeated(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	int code = TARSIER_OK;
	if (!layer->repeated_count)
		return TARSIER_OK;
	for (size_t i = 0; i < layer->link_count && code >= 0; i++)
		code = ask_if_repeated(laying, layer->links[i].path);
	for (size_t i = 0; i < layer->other_count && code >= 0; i++)
		code = ask_if_repeated(laying, layer->others[i].path);
	for (size_t i = 0; i < layer->file_count && code >= 0; i++)
		code = ask_if_repeated(laying, layer->files[i].path);
	return code;
}

int laying_ask_way(struct laying *laying, struct node *node)
{
	int code = TARSIER_OK;
	for (; node && code >= 0; node = node->parent) {
		laying->tree.steps++;
		if (node->taken != laying->number)
			continue;
		node->taken = 0;
		code = ask(laying, span_of(node->taken_as));
	}
	return code;
}

/* ---- what lies behind them --------------------------------------------------------------------------------------- */

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
	bool other = is_unseen(laying, path, false), unseen = other || is_unseen(laying, path, true);
	bool late = laying->renewing && !alias->own; /* what it hides is hidden */
	*below = !other || late;
	if (unseen && alias->own)
		return ask(laying, path); /* before the link was laid, or after? */
	if (unseen && !late)
		return laying_take(laying, node, path, !other);
	if (node->live && node->link && layer_passes(laying->layer, path) && !is_removed(laying, path))
		return laying_note_alias(laying, path, alias->own || laying->renewing);
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

int laying_find_ways(struct laying *laying)
{
	const struct layer_index *layer = laying->layer;
	size_t capacity = laying->way_count = 0;
	laying->ways = NULL;
	for (size_t i = 0; i < layer->folder_count; i++) {
		struct node *node = tree_find(&laying->tree, layer->folders[i]);
		if (!node || !node->live || !node->link)
			continue;
		struct node **ways = arena_grow(laying->scratch, laying->ways, laying->way_count, &capacity, sizeof *ways);
		if (!ways)
			return error_memory(laying->error);
		laying->ways = ways;
		ways[laying->way_count++] = node;
	}
	return TARSIER_OK;
}

/* What has taken the link away may have come before the entries that pass through it, or after them. */
static int note_way(struct laying *laying, struct node *link)
{
	if (!link->live || !link->link)
		return laying_ask_way(laying, link);
	const char *path = tree_path(laying->scratch, link);
	if (!path)
		return error_memory(laying->error);
	return is_removed(laying, span_of(path)) ? TARSIER_OK : laying_note_alias(laying, span_of(path), laying->renewing);
}

int laying_note_aliases(struct laying *laying)
{
	int code = TARSIER_OK;
	for (size_t i = 0; i < laying->way_count && code >= 0; i++) {
		code = note_way(laying, laying->ways[i]);
		if (code >= 0)
			code = laying_check(laying);
	}
	return code;
}

int laying_hide_behind(struct laying *laying, size_t *done)
{
	int code = TARSIER_OK;
	for (; *done < laying->alias_count && code >= 0; ++*done)
		code = hide_behind(laying, laying->aliases[*done]);
	return code;
}

int laying_renew_all(struct laying *laying)
{
	size_t done = laying->first_alias;
	laying->renewing = true;
	int code = laying_renew_own(laying, laying->layer->link_count);
	if (code >= 0)
		code = laying_find_ways(laying);
	if (code >= 0)
		code = laying_note_aliases(laying);
	if (code >= 0)
		code = laying_hide_behind(laying, &done);
	laying->renewing = false;
	return code;
}
