#include "net/retry.h"

#include "base/clock.h"

#include <time.h>

enum {
	FIRST_PAUSES = 4,      /* per second: five attempts wait 3.75 s in total */
	LONGEST_PAUSE = 30,    /* seconds */
	DOUBLINGS = 6,         /* until the longest pause is reached */
	SLICE = 50,            /* milliseconds of a pause between checks for cancellation */
};

bool retry_is_transient(long status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

/* Retry-After in seconds (RFC 9110, 10.2.3). A date is ignored: the pauses go on doubling. */
static int64_t asked_for(const struct http_response *response)
{
	uint64_t seconds;
	if (!span_number(http_header(response, "Retry-After"), &seconds))
		return 0;
	return clock_pause(seconds > LONGEST_PAUSE ? LONGEST_PAUSE : (unsigned)seconds);
}

static bool may_pass(const struct retry *retry, int code, enum http_trouble trouble)
{
	return code == TARSIER_IO && (!trouble || (trouble == HTTP_NO_CONNECTION && retry->unreachable));
}

static int64_t doubled(unsigned before)
{
	int64_t first = clock_pause(1) / FIRST_PAUSES, pause = before > DOUBLINGS ? clock_pause(LONGEST_PAUSE) : first << before;
	return pause > 0 ? pause : 1; /* 0 would give up */
}

int64_t retry_pause(struct retry *retry, int code, const struct http_response *response)
{
	unsigned before = retry->tried++;
	bool busy = code >= 0 && response->status == 429;
	bool transient = code < 0 ? may_pass(retry, code, response->trouble) : busy || retry_is_transient(response->status);
	if (!transient || (!busy && retry->tried >= retry->tries))
		return 0;
	int64_t pause = doubled(before), asked = code < 0 ? 0 : asked_for(response);
	pause = asked > pause ? asked : pause;
	retry->waited += pause;
	return retry->waited > clock_pause(retry->seconds) ? 0 : pause;
}

bool retry_wait(int64_t milliseconds, const atomic_bool *cancelled)
{
	while (milliseconds > 0 && !(cancelled && atomic_load(cancelled))) {
		int64_t part = milliseconds < SLICE ? milliseconds : SLICE;
		const struct timespec slice = {.tv_nsec = (long)part * 1000000L};
		nanosleep(&slice, NULL);
		milliseconds -= part;
	}
	return !(cancelled && atomic_load(cancelled));
}
