#include "base/suggest.h"

/* Longer words are not typed by hand, and the table's rows lie on the stack. */
enum { LONGEST = 64, SHORTEST_PREFIX = 2 };

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_same(span a, size_t i, span b, size_t j)
{
	return lower(a.ptr[i - 1]) == lower(b.ptr[j - 1]);
}

/* Optimal string alignment: three rows of the usual table. */
static size_t distance_between(span a, span b)
{
	size_t rows[3][LONGEST + 1];
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !is_same(a, i, b, j));
			if (i > 1 && j > 1 && is_same(a, i, b, j - 1) && is_same(a, i - 1, b, j))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

static bool is_beginning(span typed, span known)
{
	size_t same = 0;
	while (same < typed.len && same < known.len && is_same(typed, same + 1, known, same + 1))
		same++;
	return same == typed.len && same >= SHORTEST_PREFIX;
}

void suggestion_offer(struct suggestion *suggestion, span known)
{
	span typed = suggestion->typed;
	if (!typed.len || typed.len > LONGEST || !known.len || known.len > LONGEST)
		return;
	size_t distance = distance_between(typed, known), longer = known.len > typed.len ? known.len : typed.len;
	if (is_beginning(typed, known))
		distance = least(distance, 1);
	bool close = distance * 3 <= longer || (distance == 1 && typed.len > 1);
	if (close && (!suggestion->word.len || distance < suggestion->distance)) {
		suggestion->word = known;
		suggestion->distance = distance;
	}
}
