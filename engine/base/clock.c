#include "base/clock.h"

#include <stdatomic.h>
#include <time.h>

static _Atomic unsigned second = 1000;

int64_t clock_milliseconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_seconds(unsigned seconds)
{
	return (int64_t)seconds * atomic_load(&second);
}

void clock_set_second(unsigned milliseconds)
{
	atomic_store(&second, milliseconds);
}
