#include "stream/tar_sparse.h"

#include "stream/tar_field.h"

#include <string.h>

static size_t piece_count(const struct sparse *sparse)
{
	return sparse->pieces.length / sizeof(struct sparse_piece);
}

static const struct sparse_piece *piece_at(const struct sparse *sparse, size_t index)
{
	return (const struct sparse_piece *)(const void *)sparse->pieces.data + index;
}

void sparse_clear(struct sparse *sparse)
{
	sparse->pieces.length = 0;
}

bool sparse_add(struct sparse *sparse, uint64_t offset, uint64_t length)
{
	struct sparse_piece piece = {offset, length};
	return piece_count(sparse) < TAR_SPARSE_LIMIT && buffer_add(&sparse->pieces, &piece, sizeof piece);
}

/* ---- GNU's old format ------------------------------------------------------------------------------------------- */

/* `count` pairs of 12-byte numbers; the first without an offset ends the map. */
static int read_pairs(struct sparse *sparse, const char *bytes, size_t count, struct tarsier_error *error)
{
	for (size_t i = 0; i < count && bytes[i * 24]; i++) {
		uint64_t offset, length;
		if (!tar_number(TAR_FIELD(bytes, i * 24, 12), &offset) ||
		    !tar_number(TAR_FIELD(bytes, i * 24 + 12, 12), &length))
			return error_set(error, TARSIER_FORMAT, "the map of a sparse file holds what is not a number");
		if (!sparse_add(sparse, offset, length))
			return error_set(error, TARSIER_LIMIT, "a sparse file of more than %d pieces",
			                 TAR_SPARSE_LIMIT);
	}
	return TARSIER_OK;
}

/* GNU tar manual, "Basic Tar Format", struct oldgnu_header: map 386,4×24, isextended 482,1, realsize 483,12. */
int sparse_read_header(struct sparse *sparse, const char *block, bool *more, struct tarsier_error *error)
{
	sparse_clear(sparse);
	*more = block[482] != 0;
	if (memcmp(block + 257, "ustar  \0", 8) != 0)
		return error_set(error, TARSIER_FORMAT, "a sparse file that is not in GNU's format");
	if (!tar_number(TAR_FIELD(block, 483, 12), &sparse->size))
		return error_set(error, TARSIER_FORMAT, "the size of a sparse file is not a number");
	return read_pairs(sparse, block + 386, 4, error);
}

/* struct sparse_header: map 0,21×24, isextended 504,1. */
int sparse_read_block(struct sparse *sparse, const char *block, bool *more, struct tarsier_error *error)
{
	*more = block[504] != 0;
	return read_pairs(sparse, block, 21, error);
}

/* ---- pax 1.0 ---------------------------------------------------------------------------------------------------- */

void sparse_begin_digits(struct sparse *sparse)
{
	sparse_clear(sparse);
	sparse->seen = 0;
	sparse->due = 1;
}

static int take_number(struct sparse *sparse, uint64_t number, struct tarsier_error *error)
{
	uint64_t index = sparse->seen++;
	if (index == 0 && number > TAR_SPARSE_LIMIT)
		return error_set(error, TARSIER_LIMIT, "a sparse file of more than %d pieces", TAR_SPARSE_LIMIT);
	if (index == 0)
		sparse->due = 1 + 2 * number;
	else if (index % 2 == 1)
		sparse->from = number;
	else if (!sparse_add(sparse, sparse->from, number))
		return error_memory(error);
	return TARSIER_OK;
}

/* GNU tar manual, "Storing Sparse Files", 1.0: a count, then so many offsets and lengths, in decimal, each ended by a
 * newline; all of it padded to whole blocks. */
int sparse_read_digits(struct sparse *sparse, const char *block, bool *more, struct tarsier_error *error)
{
	for (size_t i = 0; i < TAR_BLOCK && sparse->seen < sparse->due; i++) {
		uint64_t number;
		if (block[i] != '\n' && sparse->digit_count < sizeof sparse->digits) {
			sparse->digits[sparse->digit_count++] = block[i];
			continue;
		}
		if (block[i] != '\n' || !span_number((span){sparse->digits, sparse->digit_count}, &number))
			return error_set(error, TARSIER_FORMAT, "the map of a sparse file holds what is not a number");
		sparse->digit_count = 0;
		int code = take_number(sparse, number, error);
		if (code < 0)
			return code;
	}
	*more = sparse->seen < sparse->due;
	return TARSIER_OK;
}

/* ---- giving ----------------------------------------------------------------------------------------------------- */

int sparse_begin(struct sparse *sparse, uint64_t stored, struct tarsier_error *error)
{
	uint64_t end = 0, sum = 0;
	for (size_t i = 0; i < piece_count(sparse); i++) {
		const struct sparse_piece *piece = piece_at(sparse, i);
		if (piece->offset < end || piece->offset > sparse->size || piece->length > sparse->size - piece->offset)
			return error_set(error, TARSIER_FORMAT,
			                 "the pieces of a sparse file overlap or lie outside it");
		end = piece->offset + piece->length;
		sum += piece->length;
	}
	if (sum != stored)
		return error_set(error, TARSIER_FORMAT,
		                 "the map of a sparse file tells of other bytes than are stored");
	sparse->piece = 0;
	sparse->given = sparse->at = 0;
	return TARSIER_OK;
}

static int give_hole(struct sparse *sparse, uint64_t until, const struct tar_sink *sink, struct tarsier_error *error)
{
	static const char zeros[4096];
	int enough = 0;
	while (sparse->at < until && !enough) {
		size_t size = until - sparse->at < sizeof zeros ? (size_t)(until - sparse->at) : sizeof zeros;
		enough = sink->data(sink->user, (span){zeros, size}, error);
		sparse->at += size;
	}
	return enough;
}

/* Never more bytes than the pieces hold: sparse_begin saw to that. */
int sparse_give(struct sparse *sparse, span bytes, const struct tar_sink *sink, struct tarsier_error *error)
{
	while (bytes.len) {
		const struct sparse_piece *piece = piece_at(sparse, sparse->piece);
		uint64_t left = piece->length - sparse->given;
		size_t size = bytes.len < left ? bytes.len : (size_t)left;
		int enough = give_hole(sparse, piece->offset, sink, error);
		if (!enough)
			enough = sink->data(sink->user, (span){bytes.ptr, size}, error);
		if (enough)
			return enough;
		sparse->at += size;
		sparse->given += size;
		bytes = span_from(bytes, size);
		if (sparse->given == piece->length) {
			sparse->piece++;
			sparse->given = 0;
		}
	}
	return TARSIER_OK;
}

int sparse_give_end(struct sparse *sparse, const struct tar_sink *sink, struct tarsier_error *error)
{
	return give_hole(sparse, sparse->size, sink, error);
}
