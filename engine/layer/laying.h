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
	uint64_t *kept;        /* sorted path_hash() of its entries that are laid one by one */
	size_t kept_count;
	struct node **originals; /* of its links: what the hard ones lead to before it is laid, or NULL; NULL: none do */
	struct alias *aliases; /* of all layers so far; those of the layer at hand begin at first_alias */
	size_t alias_count, alias_capacity, first_alias;
	struct place place, target; /* room for results: too large for the stack of a small thread */
	struct tarsier_error *error;
};

/* Fails with LIMIT after too much work, and with CANCELLED. */
int laying_check(struct laying *laying);

/* Lays the layers one over the other; then laying->tree is what the top shows. */
int laying_run(struct laying *laying);

#endif
