/* the day */
#ifndef TARSIER_BASE_TODAY_H
#define TARSIER_BASE_TODAY_H

enum { TODAY_ROOM = 16 };

/* Writes "2026-11-24", the day in UTC. */
void today_utc(char text[TODAY_ROOM]);

#endif
