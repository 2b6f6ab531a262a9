/* calendar days, as feeds write them */
#ifndef TARSIER_FORMAT_DATE_H
#define TARSIER_FORMAT_DATE_H

#include <stdbool.h>

/* True for "2021-12-10" and whatever follows it. Dates in this form sort as text. */
bool date_begins(const char *text);

#endif
