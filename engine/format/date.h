/* calendar days, as feeds write them */
#ifndef TARSIER_FORMAT_DATE_H
#define TARSIER_FORMAT_DATE_H

#include <stdbool.h>
#include <stdint.h>

/* Returns true if the text begins with a date such as "2021-12-10". Dates in this form sort as text. */
bool date_begins(const char *text);

/* Returns "2021-12-10" as 20211210, and 0 if the text does not begin with a date. */
uint32_t date_number(const char *text);

/* Compares two times in UTC, written as in RFC 3339 with any number of digits after the seconds: -1, 0 or 1. A text
 * that does not begin with a date is older than all others. */
int date_compare(const char *a, const char *b);

#endif
