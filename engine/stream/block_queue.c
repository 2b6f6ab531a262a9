#include "stream/block_queue.h"

#include <signal.h>
#include <string.h>

struct block_queue {
	pthread_mutex_t lock;
	pthread_cond_t given, taken;
	size_t gave, took;   /* blocks, since the beginning */
	bool giver_waits, taker_waits;
	bool ended, left;
	struct tarsier_error failure;
	size_t lengths[QUEUE_BLOCKS];
	struct tarsier_allocator allocator;
	char *bytes;
};

int block_queue_new(struct arena *arena, struct block_queue **queue, struct tarsier_error *error)
{
	struct block_queue *made = arena_alloc(arena, sizeof *made);
	/* Not from the arena, which would zero it: blocks that are never used are then never touched. */
	char *bytes = made ? memory_resize(&arena->allocator, NULL, 0, (size_t)QUEUE_BLOCKS * QUEUE_BLOCK) : NULL;
	if (!bytes)
		return error_memory(error);
	made->bytes = bytes;
	made->allocator = arena->allocator;
	pthread_mutex_init(&made->lock, NULL); /* on Linux none of the three can fail */
	pthread_cond_init(&made->given, NULL);
	pthread_cond_init(&made->taken, NULL);
	*queue = made;
	return TARSIER_OK;
}

void block_queue_free(struct block_queue *queue)
{
	if (!queue)
		return;
	pthread_mutex_destroy(&queue->lock);
	pthread_cond_destroy(&queue->given);
	pthread_cond_destroy(&queue->taken);
	memory_resize(&queue->allocator, queue->bytes, (size_t)QUEUE_BLOCKS * QUEUE_BLOCK, 0);
}

/* ---- the giver -------------------------------------------------------------------------------------------------- */

char *block_queue_room(struct block_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	while (!queue->left && queue->gave - queue->took == QUEUE_BLOCKS) {
		queue->giver_waits = true;
		pthread_cond_wait(&queue->taken, &queue->lock);
	}
	queue->giver_waits = false;
	char *room = queue->left ? NULL : queue->bytes + queue->gave % QUEUE_BLOCKS * QUEUE_BLOCK;
	pthread_mutex_unlock(&queue->lock);
	return room;
}

static void wake_taker(struct block_queue *queue)
{
	if (queue->taker_waits)
		pthread_cond_signal(&queue->given);
}

void block_queue_give(struct block_queue *queue, size_t length)
{
	pthread_mutex_lock(&queue->lock);
	queue->lengths[queue->gave++ % QUEUE_BLOCKS] = length;
	wake_taker(queue);
	pthread_mutex_unlock(&queue->lock);
}

void block_queue_end(struct block_queue *queue, const struct tarsier_error *error)
{
	pthread_mutex_lock(&queue->lock);
	queue->ended = true;
	if (error)
		queue->failure = *error;
	wake_taker(queue);
	pthread_mutex_unlock(&queue->lock);
}

int block_queue_start_giver(pthread_t *thread, void *(*run)(void *), void *user)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int number = pthread_create(thread, NULL, run, user);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return number;
}

void block_queue_pump(struct block_queue *queue, struct stream *from)
{
	struct tarsier_error error = {0};
	ssize_t got = 0;
	char *room;
	while ((room = block_queue_room(queue)) && (got = stream_fill(from, room, QUEUE_BLOCK, &error)) > 0)
		block_queue_give(queue, (size_t)got);
	block_queue_end(queue, got < 0 ? &error : NULL);
}

/* ---- the taker -------------------------------------------------------------------------------------------------- */

int block_queue_take(struct block_queue *queue, span *block, struct tarsier_error *error)
{
	int code = 1;
	pthread_mutex_lock(&queue->lock);
	while (queue->gave == queue->took && !queue->ended) {
		queue->taker_waits = true;
		pthread_cond_wait(&queue->given, &queue->lock);
	}
	queue->taker_waits = false;
	size_t index = queue->took % QUEUE_BLOCKS;
	if (queue->gave != queue->took)
		*block = (span){queue->bytes + index * QUEUE_BLOCK, queue->lengths[index]};
	else if (queue->failure.code < 0)
		code = error_set(error, queue->failure.code, "%s", queue->failure.message);
	else
		code = 0;
	pthread_mutex_unlock(&queue->lock);
	return code;
}

static void wake_giver(struct block_queue *queue)
{
	if (queue->giver_waits)
		pthread_cond_signal(&queue->taken);
}

void block_queue_done(struct block_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->took++;
	wake_giver(queue);
	pthread_mutex_unlock(&queue->lock);
}

void block_queue_leave(struct block_queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->left = true;
	wake_giver(queue);
	pthread_mutex_unlock(&queue->lock);
}

/* ---- the taker's end as a stream -------------------------------------------------------------------------------- */

struct block_queue_stream {
	struct stream stream;
	struct block_queue *queue;
	span block; /* what is left of the one that was taken */
	bool holds;
};

static ssize_t read_queue(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct block_queue_stream *taker = (struct block_queue_stream *)stream;
	if (!taker->holds) {
		int code = block_queue_take(taker->queue, &taker->block, error);
		if (code <= 0)
			return code;
		taker->holds = true;
	}
	if (size > taker->block.len)
		size = taker->block.len;
	memcpy(buffer, taker->block.ptr, size);
	taker->block = span_from(taker->block, size);
	if (taker->block.len == 0) {
		block_queue_done(taker->queue);
		taker->holds = false;
	}
	return (ssize_t)size;
}

static void close_queue(struct stream *stream)
{
	block_queue_leave(((struct block_queue_stream *)stream)->queue);
}

int block_queue_stream(struct arena *arena, struct block_queue *queue, struct stream **stream,
                       struct tarsier_error *error)
{
	struct block_queue_stream *taker = arena_alloc(arena, sizeof *taker);
	if (!taker)
		return error_memory(error);
	*taker = (struct block_queue_stream){.stream = {.read = read_queue, .close = close_queue}, .queue = queue};
	*stream = &taker->stream;
	return TARSIER_OK;
}
