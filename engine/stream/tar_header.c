#include "stream/tar_header.h"

#include <string.h>

/*
 * POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format". Offsets and lengths:
 *
 *	name 0,100  mode 100,8  uid 108,8  gid 116,8  size 124,12  mtime 136,12  chksum 148,8  typeflag 156,1
 *	linkname 157,100  magic 257,6  version 263,2  uname 265,32  gname 297,32  devmajor 329,8  devminor 337,8
 *	prefix 345,155
 *	star: prefix 345,131 and "tar\0" at 508
 */
/* The sum of all bytes, the checksum's own eight taken as spaces. Some old tars added signed bytes. */
static bool checksum_matches(const char *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	uint64_t promised;
	uint32_t sum = 8 * ' ', high = 0;
	if (!tar_number(TAR_FIELD(block, 148, 8), &promised))
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++)
		sum += bytes[i];
	for (size_t i = 148; i < 156; i++)
		sum -= bytes[i];
	if (promised == sum)
		return true;
	for (size_t i = 0; i < TAR_BLOCK; i++)
		high += (i < 148 || i >= 156) && bytes[i] >= 128;
	return (int64_t)promised == (int64_t)sum - 256 * (int64_t)high;
}

static span read_prefix(const char *block)
{
	if (memcmp(block + 257, "ustar\0", 6) != 0)
		return SPAN("");
	if (memcmp(block + 508, "tar\0", 4) == 0)
		return tar_text(TAR_FIELD(block, 345, 131));
	return tar_text(TAR_FIELD(block, 345, 155));
}

int tar_header_read(const char *block, struct tar_header *header, struct tarsier_error *error)
{
	uint64_t mode;
	if (!checksum_matches(block))
		return error_set(error, TARSIER_FORMAT, "not a tar header: its checksum does not match");
	*header = (struct tar_header){
		.type = block[156],
		.prefix = read_prefix(block),
		.name = tar_text(TAR_FIELD(block, 0, 100)),
		.link = tar_text(TAR_FIELD(block, 157, 100)),
	};
	if (!tar_number(TAR_FIELD(block, 124, 12), &header->size))
		return error_set(error, TARSIER_FORMAT, "%.*s: its size is not a number", SPAN_ARG(header->name));
	header->mode = tar_number(TAR_FIELD(block, 100, 8), &mode) ? (uint32_t)(mode & 07777) : 0;
	return TARSIER_OK;
}
