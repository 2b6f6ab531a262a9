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
	const char *reference; /* of the scan; and the host's name for the scan */
	void *scan;
	atomic_uint_fast64_t bytes_done, bytes_total; /* counted by reading threads; the total is 0 if unknown */
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
/* Marks the end of events. Any thread may call it. */
void events_finish(struct events *events);

/* Call it in the host's thread: delivers waiting events, or waits for up to a tenth of a second. Returns false when all
 * events are delivered and no event can follow. */
bool events_pump(struct events *events);

#endif
