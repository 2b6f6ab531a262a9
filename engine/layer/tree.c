#include "layer/tree.h"

#include <string.h>

/* ---- nodes by their path's hash ---------------------------------------------------------------------------------- */

struct node *tree_find(const struct tree *tree, uint64_t hash)
{
	struct node *node = map_get_number(&tree->nodes, hash & ~UINT64_C(1));
	return node && node->attached ? node : NULL;
}

int tree_init(struct tree *tree, struct arena *arena, struct tarsier_error *error)
{
	*tree = (struct tree){.arena = arena, .nodes = {.arena = arena}, .root = {.name = SPAN(""), .attached = true}};
	tree->root.hash = path_hash(SPAN(""), false);
	return map_put_number(&tree->nodes, tree->root.hash, &tree->root) ? TARSIER_OK : error_memory(error);
}

/* A node that was detached is used again: it has the same path. */
static int add_node(struct tree *tree, struct node **at, span name, uint64_t hash, struct tarsier_error *error)
{
	struct node *parent = *at;
	struct node *node = map_get_number(&tree->nodes, hash);
	if (tree->nodes.count >= TREE_NODES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "links and evidence in more than %d paths and folders", TREE_NODES_LIMIT);
	if (!node) {
		node = arena_alloc(tree->arena, sizeof *node);
		if (!node || !map_put_number(&tree->nodes, hash, node))
			return error_memory(error);
	}
	*node = (struct node){.parent = parent, .next = parent->child, .name = name, .hash = hash, .attached = true};
	*at = parent->child = node;
	return TARSIER_OK;
}

/* ---- resolving --------------------------------------------------------------------------------------------------- */

/* A place while it is looked for. */
struct search {
	struct tree *tree;
	struct place *place;
	struct path_prefix prefix;
	unsigned links;
	char rest[2][TREE_PATH_LIMIT]; /* what is left, and room to put a link's target before it */
	int current;
};

static void enter_root(struct search *search)
{
	search->place->node = &search->tree->root;
	search->place->beyond = search->place->length = 0;
	path_prefix_begin(&search->prefix);
}

static bool enter(struct search *search, span component)
{
	struct place *place = search->place;
	size_t slash = place->length ? 1 : 0;
	if (place->length + slash + component.len >= TREE_PATH_LIMIT)
		return false;
	if (slash)
		place->path[place->length++] = '/';
	memcpy(place->path + place->length, component.ptr, component.len);
	place->length += component.len;
	search->tree->steps++;
	struct node *node = NULL;
	if (!place->beyond)
		node = tree_find(search->tree, path_prefix_hash(&search->prefix, place->path, place->length, false));
	if (node)
		place->node = node;
	else
		place->beyond++;
	return true;
}

static void leave(struct search *search)
{
	struct place *place = search->place;
	ptrdiff_t slash = span_find_last((span){place->path, place->length}, '/');
	place->length = slash < 0 ? 0 : (size_t)slash;
	if (place->beyond)
		place->beyond--;
	else if (place->node->parent)
		place->node = place->node->parent;
	path_prefix_begin(&search->prefix);
}

/* Puts a link's target where its last component stood. */
static bool follow(struct search *search, const struct layer_link *link, span rest, span *next)
{
	size_t target = strlen(link->target);
	if (++search->links > TREE_LINKS_LIMIT || target + 1 + rest.len >= TREE_PATH_LIMIT)
		return false;
	char *into = search->rest[search->current = !search->current];
	memcpy(into, link->target, target);
	into[target] = '/';
	memcpy(into + target + 1, rest.ptr, rest.len);
	*next = (span){into, target + 1 + rest.len};
	if (link->target[0] == '/')
		enter_root(search);
	else
		leave(search);
	return true;
}

static bool is_link(const struct place *place)
{
	return !place->beyond && place->node->live && place->node->link;
}

bool tree_resolve(struct tree *tree, span path, bool last, struct place *place)
{
	struct search search; /* 32 KiB that are not worth zeroing */
	search.tree = tree;
	search.place = place;
	search.links = 0;
	search.current = 0;
	enter_root(&search);
	for (span rest = path, component; span_next(&rest, '/', &component);) {
		if (component.len == 0 || span_is(component, "."))
			continue;
		if (span_is(component, "..")) {
			leave(&search);
			continue;
		}
		if (!enter(&search, component))
			return false;
		if (is_link(place) && (rest.ptr || last) && !follow(&search, place->node->link, rest.ptr ? rest : SPAN(""), &rest))
			return false;
	}
	return true;
}

/* Where the last `count` components of a path begin. */
static size_t last_components(span path, size_t count)
{
	for (; count > 1; count--)
		path.len = (size_t)span_find_last(path, '/');
	return (size_t)(span_find_last(path, '/') + 1);
}

int tree_at(struct tree *tree, const struct place *place, struct node **node, struct tarsier_error *error)
{
	struct path_prefix prefix;
	int code = TARSIER_OK;
	*node = place->node;
	if (!place->beyond)
		return TARSIER_OK;
	size_t start = last_components((span){place->path, place->length}, place->beyond);
	span rest = {arena_copy(tree->arena, place->path + start, place->length - start), place->length - start}, name;
	if (!rest.ptr)
		return error_memory(error);
	path_prefix_begin(&prefix);
	while (code >= 0 && span_next(&rest, '/', &name)) {
		size_t length = rest.ptr ? place->length - rest.len - 1 : place->length;
		code = add_node(tree, node, name, path_prefix_hash(&prefix, place->path, length, false), error);
		tree->steps++;
	}
	return code;
}

char *tree_path(struct arena *arena, const struct node *node)
{
	size_t length = 0;
	for (const struct node *at = node; at->parent; at = at->parent)
		length += at->name.len + (at->parent->parent ? 1 : 0);
	char *path = arena_alloc(arena, length + 1);
	if (!path)
		return NULL;
	for (const struct node *at = node; at->parent; at = at->parent) {
		length -= at->name.len;
		memcpy(path + length, at->name.ptr, at->name.len);
		if (length)
			path[--length] = '/';
	}
	return path;
}

/* ---- walking, clearing ------------------------------------------------------------------------------------------- */

struct node *tree_next(struct tree *tree, const struct node *top, struct node *before, bool below)
{
	tree->steps++;
	if (below && before->child)
		return before->child;
	while (before != top && !before->next)
		before = before->parent;
	return before == top ? NULL : before->next;
}

void node_clear(struct node *node, uint32_t spared)
{
	if (node->live && spared && node->laid == spared)
		return;
	node->live = false;
	node->files = NULL;
	node->link = NULL;
	node->original = NULL;
}

void tree_clear_below(struct tree *tree, struct node *top, uint32_t spared)
{
	bool any = false;
	for (struct node *node = tree_next(tree, top, top, true); node; node = tree_next(tree, top, node, true)) {
		node_clear(node, spared);
		any |= node->live;
	}
	if (any)
		return;
	for (struct node *node = tree_next(tree, top, top, true); node; node = tree_next(tree, top, node, true))
		node->attached = false;
	top->child = NULL; /* so that it costs nothing to clear it again */
}
