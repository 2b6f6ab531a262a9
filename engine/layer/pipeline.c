/* a blob inflated block by block, in one thread or three */
#include "layer/internal.h"
#include "stream/block_queue.h"

/*
 *	one thread:     from ─▶ inflate ─▶ take
 *	three threads:  from ─▶ ring ─▶ inflate ─▶ ring ─▶ take       (take: the caller's thread)
 *
 * An error goes down the rings in the place of the next block. Whoever stops early leaves the ring that feeds it, and
 * so stops its giver; nobody waits for anybody who is gone.
 */
struct giver {
	pthread_t thread;
	bool running;
	struct ring *ring;
	struct stream *from;
};

static void *run_giver(void *user)
{
	struct giver *giver = user;
	ring_pump(giver->ring, giver->from);
	return NULL;
}

/* Where no thread can be had, `running` stays false. */
static void start_giver(struct giver *giver)
{
	giver->running = ring_start_giver(&giver->thread, run_giver, giver) == 0;
}

static void stop_giver(struct giver *giver)
{
	if (giver->running) {
		ring_leave(giver->ring);
		pthread_join(giver->thread, NULL);
	}
	giver->running = false;
}

static int take_from_stream(struct pipeline *pipeline, struct arena *arena, struct stream *stream,
                            struct tarsier_error *error)
{
	char *block = arena_alloc(arena, RING_BLOCK);
	if (!block)
		return error_memory(error);
	for (;;) {
		ssize_t got = stream_fill(stream, block, RING_BLOCK, error);
		if (got <= 0)
			return (int)got;
		int code = pipeline->take(pipeline->user, (span){block, (size_t)got}, error);
		if (code < 0)
			return code;
	}
}

static int take_from_ring(struct pipeline *pipeline, struct ring *ring, struct tarsier_error *error)
{
	for (;;) {
		span block;
		int code = ring_take(ring, &block, error);
		if (code <= 0)
			return code;
		code = pipeline->take(pipeline->user, block, error);
		if (code < 0)
			return code;
		ring_done(ring);
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
	if (pipeline->threads > 1 && pipeline->busy_taker && pipeline->codec != CODEC_NONE) {
		code = ring_new(arena, &inflater.ring, error);
		if (code >= 0)
			start_giver(&inflater);
	}
	if (code >= 0)
		code = inflater.running ? take_from_ring(pipeline, inflater.ring, error)
		                        : take_from_stream(pipeline, arena, inflater.from, error);
	stop_giver(&inflater);
	stream_close(inflater.from);
	ring_free(inflater.ring);
	return code;
}

int pipeline_run(struct pipeline *pipeline, struct arena *arena, struct tarsier_error *error)
{
	struct giver reader = {.from = pipeline->from};
	struct stream *blocks = pipeline->from;
	int code = TARSIER_OK;
	if (pipeline->threads > 1) {
		code = ring_new(arena, &reader.ring, error);
		if (code >= 0)
			start_giver(&reader);
	}
	if (code >= 0 && reader.running)
		code = ring_stream(arena, reader.ring, &blocks, error);
	if (code >= 0)
		code = inflate_and_take(pipeline, arena, blocks, error);
	stop_giver(&reader);
	ring_free(reader.ring);
	return code;
}
