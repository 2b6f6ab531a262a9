/* calendar days, as feeds write them */
#ifndef TARSIER_FORMAT_DATE_H
#define TARSIER_FORMAT_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* True for "2021-12-10" and whatever follows it. Dates in this form sort as text. */
bool date_begins(const char *text);

/* "2021-12-10" as 20211210; 0 for what does not begin with a date. */
uint32_t date_number(const char *text);

/* The order of two times in UTC, as RFC 3339 writes them, with any number of digits behind the seconds: -1, 0 or 1. What
 * does not begin with a date is older than everything. */
int date_compare(const char *a, const char *b);

#endif
