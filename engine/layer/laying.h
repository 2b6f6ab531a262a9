/* internal to layer/: layers while they are laid over each other */
#ifndef TARSIER_LAYER_LAYING_H
#define TARSIER_LAYER_LAYING_H

#include "layer/tree.h"

enum {
	LAYING_STEPS_LIMIT = 100 * 1000 * 1000, /* components and nodes looked at: some seconds. Large images need a million */
	ALIASES_LIMIT = 100 * 1000,             /* links that entries are written through: images have a few dozen */
	LAYING_CHECK = 64 * 1024,               /* steps between looks at cancellation */
};

/* Entries of a layer are written through a link: their paths begin with `literal`, and they lie in `target`. */
struct alias {
	const char *literal, *target;
	bool own; /* the layer has laid the link itself: its entries behind the link are among those that are laid one by one */
};

struct laying {
	struct arena *arena;   /* for what the overlay shows */
	struct arena *scratch; /* for all else */
	const struct layer_index *const *layers;
	size_t layer_count;
	const atomic_bool *cancelled; /* or NULL */
	struct tree tree;
	uint64_t checked;      /* steps at the last look at cancellation */
	const struct layer_index *layer; /* the one at hand, and … */
	uint32_t number;       /* … 1 + its number */
	uint64_t *kept;        /* sorted path_hash() of its entries that are laid one by one: lowest bit as they have it */
	size_t kept_count;
	struct node **ways;    /* links of the layers below that entries of this one pass through */
	size_t way_count;
	bool uses_links;       /* entries of the layer are written through links of its own */
	struct alias *aliases; /* of all layers so far; those of the layer at hand begin at first_alias */
	size_t alias_count, alias_capacity, first_alias;
	bool renewing;         /* the layer is laid: what its aliases hide is hidden */
	const char **unordered; /* paths of entries, of any layer, whose turn is not known and matters */
	size_t unordered_count, unordered_capacity;
	struct place place, target; /* room for results: too large for the stack of a small thread */
	struct tarsier_error *error;
};

/* Fails with LIMIT after too much work, and with CANCELLED. */
int laying_check(struct laying *laying);

/* The layer has an entry at this node: what it showed is replaced, and kept as what was there before. What was laid by
 * the layer number `spared` - 1 stays; 0 spares nothing. */
void laying_replace(struct laying *laying, struct node *node, bool directory, uint32_t spared);
/* The same for an entry of which only the hash is known; what the layer itself has laid stays. `literal` is the entry's path
 * as it is written, or no bytes where that is the node's own. */
int laying_take(struct laying *laying, struct node *node, span literal, bool directory);
/* Will an entry with this hash be laid when its turn comes? It then replaces what is there by that time. */
bool laying_keeps(const struct laying *laying, uint64_t hash);

/* ---- aliases.c: entries that are written through links ------------------------------------------------------------- */

/* Entries of the layer are written through the link at `literal`. */
int laying_note_alias(struct laying *laying, span literal, bool own);
/* The path under the name that it has behind the alias, in scratch; NULL in *other if it has none. */
int laying_name_behind(struct laying *laying, const struct alias *alias, span path, const char **other);
/* A link was laid at this path, which has no links: what is written through others may lie behind it from now on. */
int laying_renew_aliases(struct laying *laying, const char *path);
/* The same for the names that the path has behind aliases. */
int laying_note_behind(struct laying *laying, const char *path);
/* The same for the first of the layer's own links, after other links were taken away. */
int laying_renew_own(struct laying *laying, size_t link_count);
/* Finds the links of the layers below that entries of this one pass through, while they are there. */
int laying_find_ways(struct laying *laying);
/* Those of them that are still there are aliases. */
int laying_note_aliases(struct laying *laying);
/* Entries behind the aliases that were noted since hide what is there; this may note more. */
int laying_hide_behind(struct laying *laying, size_t *done);
/* At the layer's end: where its entries lie by then. */
int laying_renew_all(struct laying *laying);
/* What is written as `literal` has its turn, and lies at this place. Entries of the layer that have the place under
 * another name may come before it or after it: where only their hash is known, they are put on the list. */
int laying_ask_order(struct laying *laying, const char *literal, const struct place *place);
/* The same for entries that share their path with one that is laid in its turn. */
int laying_ask_repeated(struct laying *laying);
/* The same for entries that have taken away this node, or one above it: what came before them went that way. Each is asked
 * for once. */
int laying_ask_way(struct laying *laying, struct node *node);

/* Lays the layers one over the other; then laying->tree is what the top shows. */
int laying_run(struct laying *laying);

#endif
