/* rpm's own database format, which SUSE uses */
#include "inventory/rpm_package.h"

#include <stdio.h>
#include <string.h>

/*
 * Packages.db (lib/backend/ndb/rpmpkg.c of rpm), little-endian:
 *
 *	file ::= u32 "RpmP", u32 version 0, u32 generation, u32 pages of slots, u32 next number, u32*3
 *	         slots up to the end of those pages (of 4,096 bytes), then blocks of 16 bytes
 *	slot ::= u32 "Slot", u32 number, u32 block offset, u32 blocks        number 0: free
 *	blob ::= u32 "BlbS", u32 number, u32 generation, u32 length, the header, padding, then a tail of 12 bytes
 */
enum { HEAD = 32, SLOT = 16, PAGE = 4096, BLOCK = 16, BLOB = 16, TAIL = 12 };

static uint32_t u32(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

bool rpm_is_ndb(span content)
{
	return content.len >= HEAD && memcmp(content.ptr, "RpmP", 4) == 0;
}

static int broken(struct tarsier_error *error, const char *what)
{
	return error_set(error, TARSIER_FORMAT, "not a readable rpm database: %s", what);
}

/* *left is the space left for headers: together they may not exceed the file's size, though slots may share blocks. */
static int read_slot(span content, const char *slot, size_t *left, struct reader_output *output, struct tarsier_error *error)
{
	char place[32];
	uint32_t number = u32(slot + 4);
	span blob = span_from(content, (size_t)u32(slot + 8) * BLOCK);
	snprintf(place, sizeof place, "header %u", (unsigned)number);
	if (blob.len < BLOB || memcmp(blob.ptr, "BlbS", 4) != 0 || u32(blob.ptr + 4) != number)
		return rpm_package_skip(output, broken(error, "a slot does not point to it"), place, error);
	size_t length = u32(blob.ptr + 12);
	if (length > blob.len - BLOB || length >= *left || length + BLOB + TAIL > (size_t)u32(slot + 12) * BLOCK)
		return rpm_package_skip(output, broken(error, "it is larger than its place"), place, error);
	*left -= length + 1;
	return rpm_package_add(output, (span){blob.ptr + BLOB, length}, place, error);
}

int rpm_ndb_read(span content, struct reader_output *output, struct tarsier_error *error)
{
	size_t end = (size_t)u32(content.ptr + 12) * PAGE, left = content.len;
	int code = TARSIER_OK;
	if (u32(content.ptr + 4) != 0)
		return error_set(error, TARSIER_UNSUPPORTED, "an ndb rpm database of version %u", (unsigned)u32(content.ptr + 4));
	if (end > content.len || end < HEAD)
		return broken(error, "its slots are not in the file");
	for (size_t at = HEAD; at + SLOT <= end && code >= 0; at += SLOT) {
		const char *slot = content.ptr + at;
		if (memcmp(slot, "Slot", 4) != 0)
			return broken(error, "a slot is damaged");
		if (u32(slot + 4))
			code = read_slot(content, slot, &left, output, error);
	}
	return code;
}
