/* blocks of bytes on their way from one thread to the next */
#ifndef TARSIER_STREAM_BLOCK_QUEUE_H
#define TARSIER_STREAM_BLOCK_QUEUE_H

#include "stream/stream.h"

#include <pthread.h>

/* Small, because fresh pages cost more than the waiting that larger queues save. */
enum { QUEUE_BLOCKS = 8, QUEUE_BLOCK = 64 * 1024 };

struct block_queue; /* in the arena, but for its blocks */
int block_queue_new(struct arena *arena, struct block_queue **queue, struct tarsier_error *error);
void block_queue_free(struct block_queue *queue); /* NULL is fine; both threads must be done with it */

/* The giver: room for QUEUE_BLOCK bytes, as soon as there is; NULL when the taker has left. */
char *block_queue_room(struct block_queue *queue);
void block_queue_give(struct block_queue *queue, size_t length);
void block_queue_end(struct block_queue *queue, const struct tarsier_error *error); /* NULL: a good end; else the taker gets this */

/* The taker: 1 and the next block, which stays until block_queue_done; 0: the end; or the giver's error. */
int block_queue_take(struct block_queue *queue, span *block, struct tarsier_error *error);
void block_queue_done(struct block_queue *queue);
void block_queue_leave(struct block_queue *queue); /* takes no more, whatever is given */

/* A thread for the giver, without signals: those are the business of the host's threads. 0, or pthread_create's errno. */
int block_queue_start_giver(pthread_t *thread, void *(*run)(void *), void *user);
/* Reads `from` to its end into the queue. Runs in the giver's thread. */
void block_queue_pump(struct block_queue *queue, struct stream *from);
/* The taker's end as a stream; closing it leaves the queue. */
int block_queue_stream(struct arena *arena, struct block_queue *queue, struct stream **stream, struct tarsier_error *error);

#endif
