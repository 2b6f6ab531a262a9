/* floor 2: what the blocks of a tar say: headers, pax records, maps of sparse files */
#ifndef TARSIER_TAR_HEADER_H
#define TARSIER_TAR_HEADER_H

#include "error.h"
#include "span.h"

enum { TAR_BLOCK = 512 };

struct tar_header {          /* spans are borrowed from the block */
	char type;           /* as written; '\0' is an old '0' */
	span prefix, name, link;
	uint64_t size;
	uint32_t mode;
};

bool tar_is_zero(const char *block);
int tar_header_read(const char *block, struct tar_header *header, struct tarsier_error *error);

struct sparse_piece { uint64_t offset, length; };
struct sparse {                /* where a sparse file's stored bytes belong */
	struct buffer pieces;  /* of struct sparse_piece */
	uint64_t size;         /* of the whole file */
};
bool sparse_add(struct sparse *sparse, uint64_t offset, uint64_t length);
size_t sparse_count(const struct sparse *sparse);
const struct sparse_piece *sparse_at(const struct sparse *sparse, size_t index);
/* Pieces in order, apart, inside the file, and as long together as what is stored. */
int sparse_check(const struct sparse *sparse, uint64_t stored, struct tarsier_error *error);

/* GNU's old format: the map begins in the header and goes on in blocks. *more: another block follows. */
int sparse_read_header(const char *block, struct sparse *sparse, bool *more, struct tarsier_error *error);
int sparse_read_block(const char *block, struct sparse *sparse, bool *more, struct tarsier_error *error);

struct pax { /* spans are borrowed from the records; ptr NULL where absent */
	span path, link, size;
	span major, minor, sparse_name, sparse_size, real_size;
	bool has_map; /* its pieces are in the sparse map */
};
int pax_read(span records, struct pax *pax, struct sparse *sparse, struct tarsier_error *error);

#endif
