/* the header block of a tar entry */
#ifndef TARSIER_STREAM_TAR_HEADER_H
#define TARSIER_STREAM_TAR_HEADER_H

#include "base/error.h"
#include "stream/tar_field.h"

struct tar_header { /* spans are borrowed from the block */
	char type;  /* as written; '\0' is an old '0' */
	span prefix, name, link;
	uint64_t size;
	uint32_t mode;
};

/* FORMAT if the checksum does not match or the size is not a number. */
int tar_header_read(const char *block, struct tar_header *header, struct tarsier_error *error);

#endif
