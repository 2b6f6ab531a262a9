/* events of a scan, made in its threads and delivered in the host's */
#ifndef TARSIER_SCAN_EVENTS_H
#define TARSIER_SCAN_EVENTS_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct event_item;

struct events {
	const struct tarsier_allocator *allocator;
	void (*deliver)(void *user, const struct tarsier_event *event); /* or NULL */
	void *user;
	atomic_uint_fast64_t bytes_done, bytes_total; /* counted by whoever reads; the total is 0 where it is not known */
	uint64_t bytes_told;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct event_item *first, **last;
	bool finished;
};

int events_init(struct events *events, const struct tarsier_allocator *allocator,
                void (*deliver)(void *, const struct tarsier_event *), void *user, struct tarsier_error *error);
void events_free(struct events *events);

/* From any thread: copies the event. One that there is no memory for is lost. */
void events_post(struct events *events, const struct tarsier_event *event);
void events_warn(struct events *events, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* From any thread: nothing will follow. */
void events_finish(struct events *events);

/* In the host's thread: delivers what is there, waits for up to a tenth of a second where nothing is. False once all is
 * delivered and finished. */
bool events_pump(struct events *events);

#endif
