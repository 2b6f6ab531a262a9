#include "scan/events.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { PUMP_MILLISECONDS = 100 }; /* the delay of progress and cancellation */

struct event_item {
	struct event_item *next;
	struct tarsier_event event;
	char digest[136];
	char message[1024];
};

int events_init(struct events *events, const struct tarsier_allocator *allocator, void (*deliver)(void *,
                const struct tarsier_event *), void *user, struct tarsier_error *error)
{
	memset(events, 0, sizeof *events);
	events->allocator = allocator;
	events->deliver = deliver;
	events->user = user;
	events->last = &events->first;
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	int number = pthread_mutex_init(&events->lock, NULL);
	if (number == 0)
		number = pthread_cond_init(&events->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return number ? error_errno(error, number, "threads") : TARSIER_OK;
}

static void free_item(struct events *events, struct event_item *item)
{
	memory_resize(events->allocator, item, sizeof *item, 0);
}

void events_free(struct events *events)
{
	while (events->first) {
		struct event_item *next = events->first->next;
		free_item(events, events->first);
		events->first = next;
	}
	pthread_cond_destroy(&events->changed);
	pthread_mutex_destroy(&events->lock);
}

static struct event_item *copy_event(struct events *events, const struct tarsier_event *event)
{
	struct event_item *item = memory_resize(events->allocator, NULL, 0, sizeof *item);
	if (!item)
		return NULL;
	*item = (struct event_item){.event = *event};
	snprintf(item->digest, sizeof item->digest, "%s", event->digest ? event->digest : "");
	snprintf(item->message, sizeof item->message, "%s", event->message ? event->message : "");
	item->event.digest = event->digest ? item->digest : NULL;
	item->event.message = event->message ? item->message : NULL;
	return item;
}

void events_post(struct events *events, const struct tarsier_event *event)
{
	struct event_item *item = events->deliver ? copy_event(events, event) : NULL;
	if (!item)
		return;
	pthread_mutex_lock(&events->lock);
	*events->last = item;
	events->last = &item->next;
	pthread_cond_signal(&events->changed);
	pthread_mutex_unlock(&events->lock);
}

void events_warn(struct events *events, const char *format, ...)
{
	char message[1024];
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	events_post(events, &(struct tarsier_event){.kind = TARSIER_EVENT_WARNING, .message = message});
}

void events_finish(struct events *events)
{
	pthread_mutex_lock(&events->lock);
	events->finished = true;
	pthread_cond_signal(&events->changed);
	pthread_mutex_unlock(&events->lock);
}

static void wait_a_little(struct events *events)
{
	const struct timespec until = clock_after(CLOCK_MONOTONIC, PUMP_MILLISECONDS);
	pthread_cond_timedwait(&events->changed, &events->lock, &until);
}

static struct event_item *take_all(struct events *events, bool *finished)
{
	pthread_mutex_lock(&events->lock);
	if (!events->first && !events->finished)
		wait_a_little(events);
	struct event_item *items = events->first;
	events->first = NULL;
	events->last = &events->first;
	*finished = events->finished;
	pthread_mutex_unlock(&events->lock);
	return items;
}

static void deliver(const struct events *events, struct tarsier_event event)
{
	event.reference = events->reference;
	event.scan = events->scan;
	events->deliver(events->user, &event);
}

static time_t seconds_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Posts progress when it changes, and every second, so that a host without other events notices that time passes. */
static void tell_bytes(struct events *events)
{
	uint64_t done = atomic_load(&events->bytes_done);
	time_t now = seconds_now();
	if (!events->deliver || (done == events->bytes_told && now == events->told_at))
		return;
	events->bytes_told = done;
	events->told_at = now;
	deliver(events, (struct tarsier_event){
		.kind = TARSIER_EVENT_BYTES, .done = done, .total = atomic_load(&events->bytes_total)});
}

bool events_pump(struct events *events)
{
	bool finished;
	struct event_item *item = take_all(events, &finished);
	tell_bytes(events);
	while (item) {
		struct event_item *next = item->next;
		deliver(events, item->event);
		free_item(events, item);
		item = next;
	}
	return !finished;
}
