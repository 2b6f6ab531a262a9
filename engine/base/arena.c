#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Fresh pages are the dearest thing on a virtual machine, so blocks start small. */
enum { FIRST_BLOCK = 4 * 1024, LARGEST_BLOCK = 256 * 1024 };

struct arena_block {
	struct arena_block *next;
	size_t size, used; /* of the bytes behind this header */
	alignas(max_align_t) unsigned char bytes[];
};

void *memory_resize(const struct tarsier_allocator *allocator, void *ptr, size_t old_size, size_t new_size)
{
	if (allocator && allocator->resize)
		return allocator->resize(allocator->user, ptr, old_size, new_size);
	if (new_size == 0) {
		free(ptr);
		return NULL;
	}
	return realloc(ptr, new_size);
}

void arena_init(struct arena *arena, const struct tarsier_allocator *allocator)
{
	memset(arena, 0, sizeof *arena);
	if (allocator)
		arena->allocator = *allocator;
}

void arena_free(struct arena *arena)
{
	struct arena_block *block = arena->blocks;
	while (block) {
		struct arena_block *next = block->next;
		memory_resize(&arena->allocator, block, sizeof *block + block->size, 0);
		block = next;
	}
	arena->blocks = NULL;
	arena->used = 0;
	arena->full = false;
}

void arena_reset(struct arena *arena)
{
	struct arena_block *kept = arena->blocks;
	if (!kept || kept->size > LARGEST_BLOCK) {
		arena_free(arena);
		return;
	}
	arena->blocks = kept->next;
	arena_free(arena);
	kept->next = NULL;
	kept->used = 0;
	arena->blocks = kept;
}

static struct arena_block *add_block(struct arena *arena, size_t wanted)
{
	size_t size = arena->blocks ? arena->blocks->size * 2 : FIRST_BLOCK;
	size = size < LARGEST_BLOCK ? size : LARGEST_BLOCK;
	size = size > wanted ? size : wanted;
	struct arena_block *block = memory_resize(&arena->allocator, NULL, 0, sizeof *block + size);
	if (!block)
		return NULL;
	*block = (struct arena_block){.next = arena->blocks, .size = size};
	arena->blocks = block;
	return block;
}

/* Sets *rounded to the size that a piece of `size` bytes takes. Returns false if the arena has no room for `size` bytes in
 * addition to all but `old` bytes of what it holds. */
static bool has_room(struct arena *arena, size_t size, size_t old, size_t *rounded)
{
	const size_t align = alignof(max_align_t);
	if (size > SIZE_MAX - align - sizeof(struct arena_block))
		return false;
	*rounded = size ? (size + align - 1) / align * align : align;
	size_t used = arena->used - old;
	if (arena->limit && (used > arena->limit || *rounded > arena->limit - used)) {
		arena->full = true;
		return false;
	}
	return true;
}

void *arena_room(struct arena *arena, size_t size)
{
	size_t rounded;
	if (!has_room(arena, size, 0, &rounded))
		return NULL;
	struct arena_block *block = arena->blocks;
	if (!block || block->size - block->used < rounded)
		block = add_block(arena, rounded);
	if (!block)
		return NULL;
	void *piece = block->bytes + block->used;
	block->used += rounded;
	arena->used += rounded;
	return piece;
}

/* The size as it was rounded up is zeroed, for an array may grow into the rest. */
void *arena_alloc(struct arena *arena, size_t size)
{
	size_t used = arena->used;
	void *piece = arena_room(arena, size);
	return piece ? memset(piece, 0, arena->used - used) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		return NULL;
	return arena_alloc(arena, count * size);
}

char *arena_copy(struct arena *arena, const void *data, size_t length)
{
	char *copy = length < SIZE_MAX ? arena_room(arena, length + 1) : NULL;
	if (!copy)
		return NULL;
	if (length)
		memcpy(copy, data, length);
	copy[length] = 0;
	return copy;
}

char *arena_string(struct arena *arena, const char *string)
{
	return arena_copy(arena, string, strlen(string));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	char *text = length < 0 ? NULL : arena_alloc(arena, (size_t)length + 1);
	if (!text)
		return NULL;
	va_start(arguments, format);
	vsnprintf(text, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return text;
}

/* A piece larger than LARGEST_BLOCK has a block of its own: grows that block. */
static void *grow_block(struct arena *arena, const void *piece, size_t size)
{
	struct arena_block **at = &arena->blocks;
	size_t rounded;
	while (*at && (*at)->bytes != piece)
		at = &(*at)->next;
	if (!*at || !has_room(arena, size, (*at)->used, &rounded))
		return NULL;
	size_t old = (*at)->size;
	struct arena_block *block = memory_resize(&arena->allocator, *at, sizeof *block + old, sizeof *block + rounded);
	if (!block)
		return NULL;
	memset(block->bytes + old, 0, rounded - old);
	arena->used += rounded - old;
	block->size = block->used = rounded;
	return (*at = block)->bytes;
}

void *arena_grow(struct arena *arena, void *array, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return array;
	size_t larger = *capacity ? *capacity * 2 : 8;
	bool alone = *capacity > LARGEST_BLOCK / size; /* then `larger` cannot overflow: half of it is there */
	void *moved = alone ? grow_block(arena, array, larger * size) : arena_array(arena, larger, size);
	if (moved && alone)
		count = 0; /* the elements have moved with the block */
	if (!moved)
		return NULL;
	if (count)
		memcpy(moved, array, count * size);
	*capacity = larger;
	return moved;
}
