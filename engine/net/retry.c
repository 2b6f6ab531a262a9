#include "net/retry.h"

#include <time.h>

enum {
	FIRST_PAUSE = 250,     /* milliseconds: five tries wait 3.75 s in all */
	LONGEST_PAUSE = 30000,
	DOUBLINGS = 6,         /* that the longest pause has room for */
	SLICE = 50,            /* of a pause, between looks at whether the scan is cancelled */
};

bool patience_is_trouble(long status)
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

static bool may_pass(const struct patience *patience, int code, enum http_trouble trouble)
{
	return code == TARSIER_IO && (!trouble || (trouble == HTTP_NO_CONNECTION && patience->insists));
}

unsigned patience_pause(struct patience *patience, int code, const struct http_response *response)
{
	unsigned before = patience->tried++;
	bool busy = !code && response->status == 429;
	if (code ? !may_pass(patience, code, response->trouble) : !busy && !patience_is_trouble(response->status))
		return 0;
	if (!busy && patience->tried >= patience->tries)
		return 0;
	uint64_t pause = before > DOUBLINGS ? LONGEST_PAUSE : (uint64_t)FIRST_PAUSE << before;
	uint64_t asked = code ? 0 : asked_for(response);
	pause = asked > pause ? asked : pause;
	patience->waited += pause;
	return patience->waited > (uint64_t)patience->seconds * 1000 ? 0 : (unsigned)pause;
}

bool patience_wait(unsigned milliseconds, const atomic_bool *cancelled)
{
	const struct timespec slice = {.tv_nsec = SLICE * 1000000L};
	for (unsigned waited = 0; waited < milliseconds && !(cancelled && atomic_load(cancelled)); waited += SLICE)
		nanosleep(&slice, NULL);
	return !(cancelled && atomic_load(cancelled));
}
