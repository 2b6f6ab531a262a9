#include "format/date.h"

#include <string.h>

bool date_begins(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

uint32_t date_number(const char *text)
{
	uint32_t number = 0;
	for (size_t i = 0; i < 10 && date_begins(text); i++)
		if (text[i] != '-')
			number = number * 10 + (uint32_t)(text[i] - '0');
	return number;
}

/* Returns the length without the mark of UTC. "…:00Z" and "…:00.5Z" differ where the shorter one ends. */
static size_t significant(const char *text)
{
	size_t length = date_begins(text) ? strlen(text) : 0;
	return length && (text[length - 1] == 'Z' || text[length - 1] == 'z') ? length - 1 : length;
}

int date_compare(const char *a, const char *b)
{
	size_t left = significant(a), right = significant(b), shorter = left < right ? left : right;
	int order = memcmp(a, b, shorter);
	return order ? (order > 0) - (order < 0) : (left > right) - (left < right);
}
