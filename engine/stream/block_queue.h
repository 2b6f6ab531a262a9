/* blocks of bytes on their way from one thread to the next */
#ifndef TARSIER_STREAM_BLOCK_QUEUE_H
#define TARSIER_STREAM_BLOCK_QUEUE_H

#include "stream/stream.h"

#include <pthread.h>

/* Small, because fresh pages cost more than the waiting that larger rings save. */
enum { RING_BLOCKS = 8, RING_BLOCK = 64 * 1024 };

struct ring; /* in the arena, but for its blocks */
int ring_new(struct arena *arena, struct ring **ring, struct tarsier_error *error);
void ring_free(struct ring *ring); /* NULL is fine; both threads must be done with it */

/* The giver: room for RING_BLOCK bytes, as soon as there is; NULL when the taker has left. */
char *ring_room(struct ring *ring);
void ring_give(struct ring *ring, size_t length);
void ring_end(struct ring *ring, const struct tarsier_error *error); /* NULL: a good end; else the taker gets this */

/* The taker: 1 and the next block, which stays until ring_done; 0: the end; or the giver's error. */
int ring_take(struct ring *ring, span *block, struct tarsier_error *error);
void ring_done(struct ring *ring);
void ring_leave(struct ring *ring); /* takes no more, whatever is given */

/* A thread for the giver, without signals: those are the business of the host's threads. 0, or pthread_create's errno. */
int ring_start_giver(pthread_t *thread, void *(*run)(void *), void *user);
/* Reads `from` to its end into the ring. Runs in the giver's thread. */
void ring_pump(struct ring *ring, struct stream *from);
/* The taker's end as a stream; closing it leaves the ring. */
int ring_stream(struct arena *arena, struct ring *ring, struct stream **stream, struct tarsier_error *error);

#endif
