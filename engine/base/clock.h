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

/* How many milliseconds pauses and timeouts of so many seconds last. Only tests change how long a second is, so that they do
 * not wait. There are two, so that a test with short pauses does not lose an answer on a slow machine. */
int64_t clock_pause(unsigned seconds);
int64_t clock_timeout(unsigned seconds);
void clock_set_second(unsigned pause, unsigned timeout); /* milliseconds; for the whole process */

#endif
