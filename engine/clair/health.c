/* health checks while Clair works on a long request */
#include "clair/internal.h"
#include "base/clock.h"

#include <errno.h>
#include <stdio.h>

/*
 * If its database dies, Clair may keep a request open until a timeout ends it. So a second thread sends a short request
 * every few seconds that Clair cannot answer without its database, and cancels the long request after several failures
 * in a row. A busy Clair is slow, but it answers.
 */
enum {
	INTERVAL_SECONDS = 10,
	QUESTION_SECONDS = 10,
	FAILURES = 3, /* in a row: half a minute of errors, or a minute without an answer */
};

/* 404, 204 and 202 also come from the database: it does not know the image, or has no vulnerabilities yet. */
static bool is_well(long status)
{
	return status == 200 || status == 202 || status == 204 || status == 304 || status == 404;
}

static void note_failure(struct clair_watch *watch, struct arena *arena, int code, const struct http_response *response,
                         const struct tarsier_error *error)
{
	const char *words = code < 0 ? error->message : clair_error_text(arena, response);
	char status[32] = "";
	if (code >= 0)
		snprintf(status, sizeof status, "%ld%s", response->status, *words ? ": " : "");
	snprintf(watch->reason, sizeof watch->reason,
	         "Clair at %s failed while it worked on %s %s: %d health checks in a row failed, the last answer to %s %s "
	         "was %s%.300s",
	         watch->clair->shown, watch->call->method, watch->call->path, FAILURES, watch->call->health_method, watch->call->health,
	         status,
	         words);
}

/* Returns false if Clair failed, and stores the reason. */
static bool ask(struct clair_watch *watch)
{
	struct arena arena;
	struct tarsier_error error = {.code = 0};
	struct http_response response;
	struct clair own = *watch->clair;
	arena_init(&arena, &watch->clair->arena->allocator);
	own.arena = &arena;
	const struct clair_call call = {.method = watch->call->health_method, .base = watch->call->base,
	                                .path = watch->call->health,
	                                .seconds = QUESTION_SECONDS, .cancelled = &watch->is_over};
	int code = clair_send(&own, &call, &response, &error);
	bool well = code >= 0 && is_well(response.status);
	if (!well)
		note_failure(watch, &arena, code, &response, &error);
	http_response_free(&response);
	arena_free(&arena);
	return well;
}

/* Waits for the time of the next check. Returns false at once when the long request is over: it must not wait for us. */
static bool await_next(struct clair_watch *watch)
{
	const struct timespec until = clock_after(CLOCK_REALTIME, clock_pause(INTERVAL_SECONDS));
	int waited;
	do
		waited = sem_timedwait(&watch->over, &until);
	while (waited < 0 && errno == EINTR);
	return waited < 0 && !atomic_load(&watch->is_over);
}

static void *watch_thread(void *user)
{
	struct clair_watch *watch = user;
	unsigned failures = 0;
	while (failures < FAILURES && await_next(watch))
		failures = ask(watch) ? 0 : failures + 1;
	if (failures == FAILURES && !atomic_load(&watch->is_over))
		atomic_store(&watch->is_dead, true);
	return NULL;
}

void clair_watch_start(struct clair_watch *watch)
{
	sem_init(&watch->over, 0, 0);
	watch->is_running = pthread_create(&watch->thread, NULL, watch_thread, watch) == 0;
}

void clair_watch_stop(struct clair_watch *watch)
{
	atomic_store(&watch->is_over, true); /* ends a check that is under way */
	sem_post(&watch->over);              /* ends the wait for the next one */
	if (watch->is_running)
		pthread_join(watch->thread, NULL);
	sem_destroy(&watch->over);
}
