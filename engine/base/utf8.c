#include "base/utf8.h"

/* How many bytes follow from the first one, by its value; 0 for a byte that begins no character. */
static size_t length_of(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2) /* a continuation, or an overlong form of ASCII */
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
}

/* Overlong forms, surrogates and what lies past U+10FFFF show in the second byte. */
static bool is_second(unsigned char first, unsigned char second)
{
	unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
	return second >= least && second <= most;
}

size_t utf8_character(span text)
{
	const unsigned char *bytes = (const unsigned char *)text.ptr;
	size_t length = text.len ? length_of(bytes[0]) : 0;
	if (length > text.len || (length > 1 && !is_second(bytes[0], bytes[1])))
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Are these the first bytes of a character, and not all of them? */
static bool is_begun(const unsigned char *bytes, size_t count)
{
	if (length_of(bytes[0]) <= count || (count > 1 && !is_second(bytes[0], bytes[1])))
		return false;
	return count < 3 || (bytes[2] & 0xc0) == 0x80;
}

span utf8_whole(span text)
{
	const unsigned char *end = (const unsigned char *)text.ptr + text.len;
	for (size_t back = 1; back <= 3 && back <= text.len; back++)
		if (is_begun(end - back, back))
			return (span){text.ptr, text.len - back};
	return text;
}

span utf8_cut(span text, size_t limit)
{
	return text.len <= limit ? text : utf8_whole((span){text.ptr, limit});
}
