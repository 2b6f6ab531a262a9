/* blocks of bytes on their way from one thread to the next */
#ifndef TARSIER_STREAM_BLOCK_QUEUE_H
#define TARSIER_STREAM_BLOCK_QUEUE_H

#include "stream/stream.h"

#include <pthread.h>

/* Small: the page faults of a larger queue cost more than the waiting that it saves. */
enum { QUEUE_BLOCKS = 8, QUEUE_BLOCK = 64 * 1024 };

struct block_queue; /* in the arena, but for its blocks */
int block_queue_new(struct arena *arena, struct block_queue **queue, struct tarsier_error *error);
void block_queue_free(struct block_queue *queue); /* NULL is allowed; both threads must be done with it */

/* For the giver. Waits for room for QUEUE_BLOCK bytes; returns NULL if the taker has left. */
char *block_queue_room(struct block_queue *queue);
void block_queue_give(struct block_queue *queue, size_t length);
/* `error` is NULL at a good end; else the taker gets it. */
void block_queue_end(struct block_queue *queue, const struct tarsier_error *error);

/* For the taker. Returns 1 and the next block, which is valid until block_queue_done; 0 at the end; or the giver's
 * error. */
int block_queue_take(struct block_queue *queue, span *block, struct tarsier_error *error);
void block_queue_done(struct block_queue *queue);
void block_queue_leave(struct block_queue *queue); /* the taker wants no more blocks */

/* Starts a thread for the giver, with all signals blocked, so that the host's threads get them. Returns 0, or
 * pthread_create's error number. */
int block_queue_start_giver(pthread_t *thread, void *(*run)(void *), void *user);
/* Reads `from` to its end into the queue. Runs in the giver's thread. */
void block_queue_pump(struct block_queue *queue, struct stream *from);
/* The taker's end as a stream; closing it leaves the queue. */
int block_queue_stream(struct arena *arena, struct block_queue *queue, struct stream **stream,
                       struct tarsier_error *error);

#endif
