#include "base/clock.h"

#include <stdatomic.h>

static _Atomic unsigned pause_second = 1000, timeout_second = 1000;

int64_t clock_milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct timespec clock_after(clockid_t clock, int64_t milliseconds)
{
	struct timespec until;
	clock_gettime(clock, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += milliseconds % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return until;
}

int64_t clock_pause(unsigned seconds)
{
	return (int64_t)seconds * atomic_load(&pause_second);
}

int64_t clock_timeout(unsigned seconds)
{
	return (int64_t)seconds * atomic_load(&timeout_second);
}

void clock_set_second(unsigned pause, unsigned timeout)
{
	atomic_store(&pause_second, pause);
	atomic_store(&timeout_second, timeout);
}
