#include "stream/block_queue.h"

#include <signal.h>
#include <string.h>

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t given, taken;
	size_t gave, took;   /* blocks, since the beginning */
	bool giver_waits, taker_waits;
	bool ended, left;
	struct tarsier_error failure;
	size_t lengths[RING_BLOCKS];
	struct tarsier_allocator allocator;
	char *bytes;
};

int ring_new(struct arena *arena, struct ring **ring, struct tarsier_error *error)
{
	struct ring *made = arena_alloc(arena, sizeof *made);
	/* Not from the arena, which would zero it: blocks that are never used are then never touched. */
	char *bytes = made ? memory_resize(&arena->allocator, NULL, 0, (size_t)RING_BLOCKS * RING_BLOCK) : NULL;
	if (!bytes)
		return error_memory(error);
	made->bytes = bytes;
	made->allocator = arena->allocator;
	pthread_mutex_init(&made->lock, NULL); /* on Linux none of the three can fail */
	pthread_cond_init(&made->given, NULL);
	pthread_cond_init(&made->taken, NULL);
	*ring = made;
	return TARSIER_OK;
}

void ring_free(struct ring *ring)
{
	if (!ring)
		return;
	pthread_mutex_destroy(&ring->lock);
	pthread_cond_destroy(&ring->given);
	pthread_cond_destroy(&ring->taken);
	memory_resize(&ring->allocator, ring->bytes, (size_t)RING_BLOCKS * RING_BLOCK, 0);
}

/* ---- the giver -------------------------------------------------------------------------------------------------- */

char *ring_room(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	while (!ring->left && ring->gave - ring->took == RING_BLOCKS) {
		ring->giver_waits = true;
		pthread_cond_wait(&ring->taken, &ring->lock);
	}
	ring->giver_waits = false;
	char *room = ring->left ? NULL : ring->bytes + ring->gave % RING_BLOCKS * RING_BLOCK;
	pthread_mutex_unlock(&ring->lock);
	return room;
}

static void wake_taker(struct ring *ring)
{
	if (ring->taker_waits)
		pthread_cond_signal(&ring->given);
}

void ring_give(struct ring *ring, size_t length)
{
	pthread_mutex_lock(&ring->lock);
	ring->lengths[ring->gave++ % RING_BLOCKS] = length;
	wake_taker(ring);
	pthread_mutex_unlock(&ring->lock);
}

void ring_end(struct ring *ring, const struct tarsier_error *error)
{
	pthread_mutex_lock(&ring->lock);
	ring->ended = true;
	if (error)
		ring->failure = *error;
	wake_taker(ring);
	pthread_mutex_unlock(&ring->lock);
}

int ring_start_giver(pthread_t *thread, void *(*run)(void *), void *user)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int number = pthread_create(thread, NULL, run, user);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return number;
}

void ring_pump(struct ring *ring, struct stream *from)
{
	struct tarsier_error error = {0};
	ssize_t got = 0;
	char *room;
	while ((room = ring_room(ring)) && (got = stream_fill(from, room, RING_BLOCK, &error)) > 0)
		ring_give(ring, (size_t)got);
	ring_end(ring, got < 0 ? &error : NULL);
}

/* ---- the taker -------------------------------------------------------------------------------------------------- */

int ring_take(struct ring *ring, span *block, struct tarsier_error *error)
{
	int code = 1;
	pthread_mutex_lock(&ring->lock);
	while (ring->gave == ring->took && !ring->ended) {
		ring->taker_waits = true;
		pthread_cond_wait(&ring->given, &ring->lock);
	}
	ring->taker_waits = false;
	size_t index = ring->took % RING_BLOCKS;
	if (ring->gave != ring->took)
		*block = (span){ring->bytes + index * RING_BLOCK, ring->lengths[index]};
	else if (ring->failure.code < 0)
		code = error_set(error, ring->failure.code, "%s", ring->failure.message);
	else
		code = 0;
	pthread_mutex_unlock(&ring->lock);
	return code;
}

static void wake_giver(struct ring *ring)
{
	if (ring->giver_waits)
		pthread_cond_signal(&ring->taken);
}

void ring_done(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->took++;
	wake_giver(ring);
	pthread_mutex_unlock(&ring->lock);
}

void ring_leave(struct ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->left = true;
	wake_giver(ring);
	pthread_mutex_unlock(&ring->lock);
}

/* ---- the taker's end as a stream -------------------------------------------------------------------------------- */

struct ring_stream {
	struct stream stream;
	struct ring *ring;
	span block; /* what is left of the one that was taken */
	bool holds;
};

static ssize_t read_ring(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct ring_stream *taker = (struct ring_stream *)stream;
	if (!taker->holds) {
		int code = ring_take(taker->ring, &taker->block, error);
		if (code <= 0)
			return code;
		taker->holds = true;
	}
	if (size > taker->block.len)
		size = taker->block.len;
	memcpy(buffer, taker->block.ptr, size);
	taker->block = span_from(taker->block, size);
	if (taker->block.len == 0) {
		ring_done(taker->ring);
		taker->holds = false;
	}
	return (ssize_t)size;
}

static void close_ring(struct stream *stream)
{
	ring_leave(((struct ring_stream *)stream)->ring);
}

int ring_stream(struct arena *arena, struct ring *ring, struct stream **stream, struct tarsier_error *error)
{
	struct ring_stream *taker = arena_alloc(arena, sizeof *taker);
	if (!taker)
		return error_memory(error);
	*taker = (struct ring_stream){.stream = {.read = read_ring, .close = close_ring}, .ring = ring};
	*stream = &taker->stream;
	return TARSIER_OK;
}
