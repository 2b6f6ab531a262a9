/* time that passes, and how long a second of waiting is */
#ifndef TARSIER_BASE_CLOCK_H
#define TARSIER_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of the monotonic clock. */
int64_t clock_milliseconds(void);

/* The time of a clock in so many milliseconds, for functions that wait until a time: pthread_cond_timedwait,
 * sem_timedwait. */
struct timespec clock_after(clockid_t clock, int64_t milliseconds);

/* How many milliseconds a pause of so many seconds lasts, and a wait for what may never come. Tests make either second
 * shorter, so that they wait for nothing; nothing else may. Two, for a test of pauses must not lose an answer that a
 * slow machine is late with. Hold for the whole process. */
int64_t clock_pause(unsigned seconds);
int64_t clock_timeout(unsigned seconds);
void clock_set_second(unsigned pause, unsigned timeout); /* milliseconds, from 1 */

#endif
