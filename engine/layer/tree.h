/* internal to layer/: the paths of an image where evidence and links are, or were, and the folders they lie in */
#ifndef TARSIER_LAYER_TREE_H
#define TARSIER_LAYER_TREE_H

#include "base/map.h"
#include "layer/internal.h"
#include "layer/overlay.h"

enum {
	TREE_LINKS_LIMIT = 40,              /* followed for one path: Linux's own limit (path_resolution(7)) */
	TREE_PATH_LIMIT = 16 * 1024,        /* of a path while links are replaced: four times PATH_MAX */
	TREE_NODES_LIMIT = 2 * 1000 * 1000, /* paths and folders: 200 MiB. Large images have 200,000 */
};

/* What a reader found in a file, shown at a node: one reader or several. */
struct node_file {
	struct overlay_file shown;
	const struct layer_file *origin; /* shown.file, or where a hard link has it from */
	struct node_file *next;
	bool listed; /* in overlay->files already */
};

struct node {
	struct node *parent, *child, *next; /* next: in the same folder */
	span name;
	uint64_t hash;                 /* path_hash() of its path, as something other than a directory */
	bool attached;                 /* it can be reached from the root */
	bool live;                     /* a file or a link is there: one of the three below */
	uint32_t laid;                 /* 1 + the layer that laid it, and … */
	const void *entry;             /* … the struct layer_file or layer_link by which it did */
	uint32_t replaced;             /* 1 + the layer that has another entry at this very path */
	uint32_t taken;                /* 1 + the layer that took a link or a folder away at an unknown time, and … */
	const char *taken_as;          /* … what its entry is called, of which only the hash is known */
	struct node_file *files;       /* what is shown, or was shown last */
	const struct layer_link *link; /* a symlink */
	const char *original;          /* of a hard link: the path of the file, without links */
};

struct tree {
	struct arena *arena;
	struct node root;
	struct map nodes;    /* by hash; those that are detached too */
	uint64_t steps;      /* of work: components and nodes that were looked at */
};

int tree_init(struct tree *tree, struct arena *arena, struct tarsier_error *error);
/* The node whose path has this path_hash(), as whatever; NULL if there is none. */
struct node *tree_find(const struct tree *tree, uint64_t hash);

/* Where a path leads, through the links that are live. */
struct place {
	struct node *node;          /* the deepest node on the way */
	size_t beyond;              /* components that follow it: 0 if it is the place itself */
	char path[TREE_PATH_LIMIT]; /* without links, ".", ".." or a slash at either end; "" is the root */
	size_t length;
};

/* Resolves `path`; the link at its end only if `last`. False if it leads through too many links or gets too long. ".."
 * never leaves the root. */
bool tree_resolve(struct tree *tree, span path, bool last, struct place *place);
/* The node at a place, made if there is none. Fails with MEMORY and LIMIT. */
int tree_at(struct tree *tree, const struct place *place, struct node **node, struct tarsier_error *error);
/* A node's path, in `arena`. NULL: out of memory. */
char *tree_path(struct arena *arena, const struct node *node);

/* Walks a node and what lies below it, parents first. tree_next takes the node before, and `below`: false to pass over
 * what lies below that one. NULL: the end. */
struct node *tree_next(struct tree *tree, const struct node *top, struct node *before, bool below);

/* Nothing is there any more: what was laid by the layer number `spared` - 1 stays. 0 spares nothing. */
void node_clear(struct node *node, uint32_t spared);
void tree_clear_below(struct tree *tree, struct node *top, uint32_t spared);

#endif
