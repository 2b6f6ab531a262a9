/* events of a scan: its threads post them, the host's thread delivers them */
#ifndef TARSIER_SCAN_EVENTS_H
#define TARSIER_SCAN_EVENTS_H

#include "base/error.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

struct event_item;

struct events {
	const struct tarsier_allocator *allocator;
	void (*deliver)(void *user, const struct tarsier_event *event); /* or NULL */
	void *user;
	const char *reference; /* of the scan, for the host; and what the host calls the scan */
	void *scan;
	atomic_uint_fast64_t bytes_done, bytes_total; /* counted by the threads that read; the total is 0 if unknown */
	uint64_t bytes_told;
	time_t told_at;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct event_item *first, **last;
	bool finished;
};

int events_init(struct events *events, const struct tarsier_allocator *allocator, void (*deliver)(void *,
                const struct tarsier_event *), void *user, struct tarsier_error *error);
void events_free(struct events *events);

/* Copies the event. Any thread may call it. The event is lost if memory ran out. */
void events_post(struct events *events, const struct tarsier_event *event);
void events_warn(struct events *events, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* No event follows. Any thread may call it. */
void events_finish(struct events *events);

/* Called in the host's thread: delivers the events that are there, or waits for up to a tenth of a second. False once
 * all events are delivered and no event can follow. */
bool events_pump(struct events *events);

#endif
