/* UTF-8, as RFC 3629 defines it */
#ifndef TARSIER_BASE_UTF8_H
#define TARSIER_BASE_UTF8_H

#include "base/span.h"

/* The bytes of the character that `text` begins with; 0 if `text` is empty or does not begin with a valid one. */
size_t utf8_character(span text);

/* The code point of a valid character: the bytes that utf8_character counted. */
uint32_t utf8_code(span character);

/* Returns true if a code point above ASCII controls a terminal, is invisible, reorders text or breaks lines: what a
 * hostile name uses to look like another one. */
bool utf8_is_hidden(uint32_t code);

/* `text` without the character at its end if only its first bytes are there. */
span utf8_whole(span text);

/* The longest part at the front of `text` that has at most `limit` bytes and does not end within a character. Bytes
 * that are not UTF-8 count as one character each. */
span utf8_cut(span text, size_t limit);

#endif
