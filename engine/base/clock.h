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

/* Timeouts and pauses are given in seconds, and last clock_seconds(n) milliseconds. Tests make the second shorter, so that
 * they wait for nothing; nothing else may. Holds for the whole process. */
int64_t clock_seconds(unsigned seconds);
void clock_set_second(unsigned milliseconds); /* 1 to 1000 */

#endif
