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

uint32_t utf8_code(span character)
{
	static const unsigned char masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *bytes = (const unsigned char *)character.ptr;
	uint32_t code = bytes[0] & masks[character.len];
	for (size_t i = 1; i < character.len; i++)
		code = code << 6 | (bytes[i] & 0x3f);
	return code;
}

/* Unicode's controls, its characters of the property Default_Ignorable_Code_Point, and those that reorder text or break
 * lines. In ascending order. */
static const struct { uint32_t first, last; } hidden[] = {
	{0x80, 0x9f},       /* C1 controls */
	{0xad, 0xad},       /* soft hyphen */
	{0x34f, 0x34f},     /* combining grapheme joiner */
	{0x61c, 0x61c},     /* Arabic letter mark */
	{0x115f, 0x1160},   /* Hangul fillers */
	{0x17b4, 0x17b5},   /* Khmer inherent vowels */
	{0x180b, 0x180f},   /* Mongolian variation selectors and vowel separator */
	{0x200b, 0x200f},   /* zero width, left-to-right and right-to-left marks */
	{0x2028, 0x202e},   /* line and paragraph separators, bidirectional embeddings and overrides */
	{0x2060, 0x206f},   /* invisible operators, bidirectional isolates */
	{0x3164, 0x3164},   /* Hangul filler */
	{0xfe00, 0xfe0f},   /* variation selectors */
	{0xfeff, 0xfeff},   /* byte order mark */
	{0xffa0, 0xffa0},   /* halfwidth Hangul filler */
	{0xfff0, 0xfffb},   /* unassigned, interlinear annotation */
	{0x1bca0, 0x1bca3}, /* shorthand format controls */
	{0x1d173, 0x1d17a}, /* musical symbols that begin and end beams */
	{0xe0000, 0xe0fff}, /* tags and variation selectors */
};

bool utf8_is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden && code >= hidden[i].first; i++)
		if (code <= hidden[i].last)
			return true;
	return false;
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
