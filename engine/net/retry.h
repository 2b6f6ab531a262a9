/* when failed requests are sent again */
#ifndef TARSIER_NET_RETRY_H
#define TARSIER_NET_RETRY_H

#include "net/http.h"

/* Answers 500, 502, 503 and 504, and connections that break, are retried until there were `tries` attempts, with pauses that
 * double. After 429, too many requests, the retries go on until all pauses together took `seconds`; Retry-After is heeded.
 * Timeouts and certificates that are not trusted are not retried. Initialise the first three fields, zero the rest. */
struct retry {
	bool unreachable;  /* also retries if the host cannot be reached: it may be starting */
	unsigned tries;
	unsigned seconds;
	unsigned tried;
	int64_t waited;    /* milliseconds */
};

/* Milliseconds to wait before the request is sent again; 0 to give up. `code` is http_send's. */
int64_t retry_pause(struct retry *retry, int code, const struct http_response *response);
/* Returns false if the scan was cancelled meanwhile; `cancelled` may be NULL. */
bool retry_wait(int64_t milliseconds, const atomic_bool *cancelled);
bool retry_is_transient(long status); /* a server error that may be temporary */

#endif
