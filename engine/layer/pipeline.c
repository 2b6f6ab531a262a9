/* a blob inflated block by block, in one thread or three */
#include "layer/internal.h"
#include "stream/block_queue.h"

/*
 *	one thread:     from ─▶ inflate ─▶ take
 *	three threads:  from ─▶ queue ─▶ inflate ─▶ queue ─▶ take       (take: the caller's thread)
 *
 * An error goes down the queues in the place of the next block. Whoever stops early leaves the queue that feeds it, and
 * so stops its giver; no thread waits for one that has ended.
 */
struct giver {
	pthread_t thread;
	bool running;
	struct block_queue *queue;
	struct stream *from;
};

static void *run_giver(void *user)
{
	struct giver *giver = user;
	block_queue_pump(giver->queue, giver->from);
	return NULL;
}

/* Where no thread can be had, `running` stays false. */
static void start_giver(struct giver *giver)
{
	giver->running = block_queue_start_giver(&giver->thread, run_giver, giver) == 0;
}

static void stop_giver(struct giver *giver)
{
	if (giver->running) {
		block_queue_leave(giver->queue);
		pthread_join(giver->thread, NULL);
	}
	giver->running = false;
}

static int take_from_stream(struct pipeline *pipeline, struct arena *arena, struct stream *stream,
                            struct tarsier_error *error)
{
	char *block = arena_room(arena, QUEUE_BLOCK);
	if (!block)
		return error_memory(error);
	for (;;) {
		ssize_t got = stream_fill(stream, block, QUEUE_BLOCK, error);
		if (got <= 0)
			return (int)got;
		int code = pipeline->take(pipeline->user, (span){block, (size_t)got}, error);
		if (code < 0)
			return code;
	}
}

static int take_from_queue(struct pipeline *pipeline, struct block_queue *queue, struct tarsier_error *error)
{
	for (;;) {
		span block;
		int code = block_queue_take(queue, &block, error);
		if (code <= 0)
			return code;
		code = pipeline->take(pipeline->user, block, error);
		if (code < 0)
			return code;
		block_queue_done(queue);
	}
}

/* Inflates, in a thread of its own where that helps, and takes. */
static int inflate_and_take(struct pipeline *pipeline, struct arena *arena, struct stream *from,
                            struct tarsier_error *error)
{
	struct giver inflater = {0};
	int code = inflate_open_any(arena, from, &pipeline->codec, &inflater.from, error);
	if (code < 0) {
		stream_close(from);
		return code;
	}
	if (pipeline->threads > 1 && pipeline->busy_taker && pipeline->codec) {
		code = block_queue_new(arena, &inflater.queue, error);
		if (code >= 0)
			start_giver(&inflater);
	}
	if (code >= 0)
		code = inflater.running ? take_from_queue(pipeline, inflater.queue, error)
		                        : take_from_stream(pipeline, arena, inflater.from, error);
	stop_giver(&inflater);
	stream_close(inflater.from);
	block_queue_free(inflater.queue);
	return code;
}

int pipeline_run(struct pipeline *pipeline, struct arena *arena, struct tarsier_error *error)
{
	struct giver reader = {.from = pipeline->from};
	struct stream *blocks = pipeline->from;
	int code = TARSIER_OK;
	if (pipeline->threads > 1) {
		code = block_queue_new(arena, &reader.queue, error);
		if (code >= 0)
			start_giver(&reader);
	}
	if (code >= 0 && reader.running)
		code = block_queue_stream(arena, reader.queue, &blocks, error);
	if (code >= 0)
		code = inflate_and_take(pipeline, arena, blocks, error);
	stop_giver(&reader);
	block_queue_free(reader.queue);
	return code;
}
