#include "net/retry.h"

#include <time.h>

enum {
	FIRST_PAUSE = 250,     /* milliseconds: five tries wait 3.75 s in all */
	LONGEST_PAUSE = 30000,
	DOUBLINGS = 6,         /* that the longest pause has room for */
	SLICE = 50,            /* of a pause, between looks at whether the scan is cancelled */
};

bool retry_is_transient(long status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

/* Retry-After in seconds (RFC 9110, 10.2.3); a date is not read, and the doubling goes on. */
static uint64_t asked_for(const struct http_response *response)
{
	uint64_t seconds;
	if (!span_number(http_header(response, "Retry-After"), &seconds))
		return 0;
	return seconds > LONGEST_PAUSE / 1000 ? LONGEST_PAUSE : seconds * 1000;
}

static bool may_pass(const struct retry *retry, int code, enum http_trouble trouble)
{
	return code == TARSIER_IO && (!trouble || (trouble == HTTP_NO_CONNECTION && retry->insists));
}

unsigned retry_pause(struct retry *retry, int code, const struct http_response *response)
{
	unsigned before = retry->tried++;
	bool busy = code >= 0 && response->status == 429;
	if (code < 0 ? !may_pass(retry, code, response->trouble) : !busy && !retry_is_transient(response->status))
		return 0;
	if (!busy && retry->tried >= retry->tries)
		return 0;
	uint64_t pause = before > DOUBLINGS ? LONGEST_PAUSE : (uint64_t)FIRST_PAUSE << before;
	uint64_t asked = code < 0 ? 0 : asked_for(response);
	pause = asked > pause ? asked : pause;
	retry->waited += pause;
	return retry->waited > (uint64_t)retry->seconds * 1000 ? 0 : (unsigned)pause;
}

bool retry_wait(unsigned milliseconds, const atomic_bool *cancelled)
{
	const struct timespec slice = {.tv_nsec = SLICE * 1000000L};
	for (unsigned waited = 0; waited < milliseconds && !(cancelled && atomic_load(cancelled)); waited += SLICE)
		nanosleep(&slice, NULL);
	return !(cancelled && atomic_load(cancelled));
}
