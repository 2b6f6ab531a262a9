#include "stream/tar_field.h"

#include <string.h>

bool tar_is_zero(const char *block)
{
	return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

span tar_text(span field)
{
	ptrdiff_t nul = span_find(field, '\0');
	return nul < 0 ? field : (span){field.ptr, (size_t)nul};
}

/* GNU: the first bit set, then a big-endian number in two's complement. Negative ones mean nothing here. */
static bool read_base256(span field, uint64_t *number)
{
	uint64_t value = (unsigned char)field.ptr[0] & 0x7f;
	if (value & 0x40)
		return false;
	for (size_t i = 1; i < field.len; i++) {
		if (value >> 55)
			return false;
		value = value << 8 | (unsigned char)field.ptr[i];
	}
	*number = value;
	return true;
}

/* Octal digits, with spaces and NULs on either side; nothing at all is 0. */
bool tar_number(span field, uint64_t *number)
{
	if (field.len && (unsigned char)field.ptr[0] & 0x80)
		return read_base256(field, number);
	while (field.len && (field.ptr[0] == ' ' || field.ptr[0] == 0))
		field = span_from(field, 1);
	field = tar_text(field);
	while (field.len && field.ptr[field.len - 1] == ' ')
		field.len--;
	*number = 0;
	for (size_t i = 0; i < field.len; i++) {
		if (field.ptr[i] < '0' || field.ptr[i] > '7')
			return false;
		*number = *number << 3 | (uint64_t)(field.ptr[i] - '0'); /* 12 digits at most: no overflow */
	}
	return true;
}
