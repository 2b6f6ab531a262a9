/* requests that are sent again where that may help */
#ifndef TARSIER_NET_RETRY_H
#define TARSIER_NET_RETRY_H

#include "net/http.h"

/* Answers 500, 502, 503 and 504, and connections that break, are tried `tries` times in all, with pauses that double. 429,
 * too many requests, is waited out for as long as `seconds` allow, and Retry-After is heeded. What timed out has had its
 * time, and a certificate that is no good stays so. Begins with what is to be set, the rest zero. */
struct retry {
	bool insists;      /* tries again where nobody listens, too: somebody may soon */
	unsigned tries;    /* in all */
	unsigned seconds;  /* that all pauses together may take */
	unsigned tried;
	uint64_t waited;   /* milliseconds */
};

/* Milliseconds before the request is sent again; 0: it is not. `code` is http_send's. */
unsigned retry_pause(struct retry *retry, int code, const struct http_response *response);
/* False where the scan was cancelled meanwhile; `cancelled` may be NULL. */
bool retry_wait(unsigned milliseconds, const atomic_bool *cancelled);
bool retry_is_transient(long status); /* one that may pass */

#endif
