#include "base/glob.h"

#include "base/utf8.h"

/* A byte that is not part of a valid character is matched by "?" too. */
static size_t one_character(span text)
{
	size_t length = utf8_character(text);
	return length ? length : 1;
}

bool glob_matches(span pattern, span text, uint64_t *steps)
{
	size_t p = 0, t = 0, star = SIZE_MAX, retry = 0;
	uint64_t taken = 0;
	bool is_match = true;
	for (; is_match && (t < text.len || p < pattern.len); taken++) {
		if (p < pattern.len && pattern.ptr[p] == '*') {
			star = p++;
			retry = t;
		} else if (p < pattern.len && t < text.len && pattern.ptr[p] == '?') {
			p++;
			t += one_character(span_from(text, t));
		} else if (p < pattern.len && t < text.len && pattern.ptr[p] == text.ptr[t]) {
			p++;
			t++;
		} else if (star != SIZE_MAX && retry < text.len) {
			p = star + 1;
			retry += one_character(span_from(text, retry));
			t = retry;
		} else {
			is_match = false;
		}
	}
	if (steps)
		*steps += taken;
	return is_match;
}
