/* sparse files in tars: maps of where the stored bytes belong, in all of GNU's formats */
#ifndef TARSIER_STREAM_TAR_SPARSE_H
#define TARSIER_STREAM_TAR_SPARSE_H

#include "stream/tar.h"

struct sparse_piece { uint64_t offset, length; };

struct sparse {
	struct buffer pieces; /* of struct sparse_piece */
	uint64_t size;        /* of the whole file */
	/* While it is given: the piece at hand, how much of it was given, and how much of the file. */
	size_t piece;
	uint64_t given, at;
	/* While a map of digits is read: numbers so far, numbers in all, the offset that waits for its length. */
	char digits[20];
	size_t digit_count;
	uint64_t seen, due, from;
};

void sparse_clear(struct sparse *sparse);
bool sparse_add(struct sparse *sparse, uint64_t offset, uint64_t length); /* false: no memory, or too many */

/* GNU's old format: the map begins in the header and goes on in blocks. *more: another block follows. */
int sparse_read_header(struct sparse *sparse, const char *block, bool *more, struct tarsier_error *error);
int sparse_read_block(struct sparse *sparse, const char *block, bool *more, struct tarsier_error *error);
/* pax 1.0: the map stands before the file's data, as digits. */
void sparse_begin_digits(struct sparse *sparse);
int sparse_read_digits(struct sparse *sparse, const char *block, bool *more, struct tarsier_error *error);

/* The map must fit the file and what is stored of it; then the stored bytes are given with the holes between them, and
 * at the end the hole that is left. Both return more than 0 if the sink wants no more. */
int sparse_begin(struct sparse *sparse, uint64_t stored, struct tarsier_error *error);
int sparse_give(struct sparse *sparse, span bytes, const struct tar_sink *sink, struct tarsier_error *error);
int sparse_give_end(struct sparse *sparse, const struct tar_sink *sink, struct tarsier_error *error);

#endif
