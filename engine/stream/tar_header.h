/* what the blocks of a tar say: headers and pax records */
#ifndef TARSIER_STREAM_TAR_HEADER_H
#define TARSIER_STREAM_TAR_HEADER_H

#include "stream/tar_sparse.h"

struct tar_header { /* spans are borrowed from the block */
	char type;  /* as written; '\0' is an old '0' */
	span prefix, name, link;
	uint64_t size;
	uint32_t mode;
};

bool tar_is_zero(const char *block);
int tar_header_read(const char *block, struct tar_header *header, struct tarsier_error *error);

struct pax { /* spans are borrowed from the records; ptr NULL where absent */
	span path, link, size;
	span major, minor, sparse_name, sparse_size, real_size;
	bool has_map; /* its pieces are in the sparse map */
};
int pax_read(span records, struct pax *pax, struct sparse *sparse, struct tarsier_error *error);

#endif
