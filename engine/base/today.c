#include "base/today.h"

#include <time.h>

void today_utc(char text[TODAY_ROOM])
{
	time_t now = time(NULL);
	struct tm day;
	gmtime_r(&now, &day);
	strftime(text, TODAY_ROOM, "%Y-%m-%d", &day);
}
