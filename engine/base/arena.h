/* memory that is handed out piece by piece and given back at once */
#ifndef TARSIER_BASE_ARENA_H
#define TARSIER_BASE_ARENA_H

#include "tarsier.h"

#include <stdbool.h>

/* The host's allocator, or malloc where resize is NULL. */
void *memory_resize(const struct tarsier_allocator *allocator, void *ptr, size_t old_size, size_t new_size);

/* An arena belongs to one thread at a time. Nothing in it is freed before all of it is. */
struct arena {
	struct tarsier_allocator allocator;
	struct arena_block *blocks;
	size_t used;  /* bytes handed out, for limits and tests */
	size_t limit; /* bytes it may hand out; 0: no limit */
	bool full;    /* the limit has refused something */
};

void arena_init(struct arena *arena, const struct tarsier_allocator *allocator); /* allocator NULL: malloc */
void arena_free(struct arena *arena);                                            /* the arena may be used again */
/* The same, but the newest block is kept for what comes next: for loops over many small things. */
void arena_reset(struct arena *arena);

/* Zeroed, aligned for any type. NULL when memory or the limit ran out. arena_alloc(a, 0) is not NULL. */
void *arena_alloc(struct arena *arena, size_t size);
/* The same without the zeros, for buffers that are written before they are read: a page that is never written costs nothing. */
void *arena_room(struct arena *arena, size_t size);
/* count × size, overflow checked. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A NUL-terminated copy of `length` bytes. */
char *arena_copy(struct arena *arena, const void *data, size_t length);
char *arena_string(struct arena *arena, const char *string);
char *arena_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for one more element in an array that doubles: returns the array, moved if need be, or NULL. *capacity is in
 * elements. The old array must not be used any more: a large one is resized, a small one stays in the arena unused.
 *
 *	list->items = arena_grow(arena, list->items, list->count, &list->capacity, sizeof *list->items); */
void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size);

#endif
