#include "tar_header.h"

#include "tar.h"

#include <string.h>

/*
 * POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format". Offsets and lengths:
 *
 *	name 0,100  mode 100,8  uid 108,8  gid 116,8  size 124,12  mtime 136,12  chksum 148,8  typeflag 156,1  linkname 157,100
 *	magic 257,6  version 263,2  uname 265,32  gname 297,32  devmajor 329,8  devminor 337,8  prefix 345,155
 *	star: prefix 345,131 and "tar\0" at 508    GNU: sparse map 386,4×24  isextended 482,1  realsize 483,12
 */
#define FIELD(block, offset, length) ((span){(block) + (offset), (length)})

bool tar_is_zero(const char *block)
{
	return block[0] == 0 && memcmp(block, block + 1, TAR_BLOCK - 1) == 0;
}

static span until_nul(span field)
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
static bool read_number(span field, uint64_t *number)
{
	if (field.len && (unsigned char)field.ptr[0] & 0x80)
		return read_base256(field, number);
	while (field.len && (field.ptr[0] == ' ' || field.ptr[0] == 0))
		field = span_from(field, 1);
	field = until_nul(field);
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

/* The sum of all bytes, the checksum's own eight taken as spaces. Some old tars added signed bytes. */
static bool checksum_matches(const char *block)
{
	const unsigned char *bytes = (const unsigned char *)block;
	uint64_t promised;
	uint32_t sum = 8 * ' ', high = 0;
	if (!read_number(FIELD(block, 148, 8), &promised))
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
		return until_nul(FIELD(block, 345, 131));
	return until_nul(FIELD(block, 345, 155));
}

int tar_header_read(const char *block, struct tar_header *header, struct tarsier_error *error)
{
	uint64_t mode;
	if (!checksum_matches(block))
		return error_set(error, TARSIER_FORMAT, "no tar header here: its checksum does not match");
	*header = (struct tar_header){
		.type = block[156],
		.prefix = read_prefix(block),
		.name = until_nul(FIELD(block, 0, 100)),
		.link = until_nul(FIELD(block, 157, 100)),
	};
	if (!read_number(FIELD(block, 124, 12), &header->size))
		return error_set(error, TARSIER_FORMAT, "%.*s: its size is not a number", SPAN_ARG(header->name));
	header->mode = read_number(FIELD(block, 100, 8), &mode) ? (uint32_t)(mode & 07777) : 0;
	return TARSIER_OK;
}

/* ---- sparse files --------------------------------------------------------------------------------------------------- */

bool sparse_add(struct sparse *sparse, uint64_t offset, uint64_t length)
{
	struct sparse_piece piece = {offset, length};
	return sparse_count(sparse) < TAR_SPARSE_LIMIT && buffer_add(&sparse->pieces, &piece, sizeof piece);
}

size_t sparse_count(const struct sparse *sparse)
{
	return sparse->pieces.length / sizeof(struct sparse_piece);
}

const struct sparse_piece *sparse_at(const struct sparse *sparse, size_t index)
{
	return (const struct sparse_piece *)(const void *)sparse->pieces.data + index;
}

int sparse_check(const struct sparse *sparse, uint64_t stored, struct tarsier_error *error)
{
	uint64_t end = 0, sum = 0;
	for (size_t i = 0; i < sparse_count(sparse); i++) {
		const struct sparse_piece *piece = sparse_at(sparse, i);
		if (piece->offset < end || piece->offset > sparse->size || piece->length > sparse->size - piece->offset)
			return error_set(error, TARSIER_FORMAT, "the pieces of a sparse file overlap or lie outside it");
		end = piece->offset + piece->length;
		sum += piece->length;
	}
	if (sum != stored)
		return error_set(error, TARSIER_FORMAT, "the pieces of a sparse file are not as long as what is stored of it");
	return TARSIER_OK;
}

/* `count` pairs of 12-byte numbers; the first without an offset ends the map. */
static int read_pairs(const char *bytes, size_t count, struct sparse *sparse, struct tarsier_error *error)
{
	for (size_t i = 0; i < count && bytes[i * 24]; i++) {
		uint64_t offset, length;
		if (!read_number(FIELD(bytes, i * 24, 12), &offset) || !read_number(FIELD(bytes, i * 24 + 12, 12), &length))
			return error_set(error, TARSIER_FORMAT, "the map of a sparse file holds what is not a number");
		if (!sparse_add(sparse, offset, length))
			return error_set(error, TARSIER_LIMIT, "a sparse file of more than %d pieces", TAR_SPARSE_LIMIT);
	}
	return TARSIER_OK;
}

int sparse_read_header(const char *block, struct sparse *sparse, bool *more, struct tarsier_error *error)
{
	sparse->pieces.length = 0;
	*more = block[482] != 0;
	if (memcmp(block + 257, "ustar  \0", 8) != 0)
		return error_set(error, TARSIER_FORMAT, "a sparse file that is not in GNU's format");
	if (!read_number(FIELD(block, 483, 12), &sparse->size))
		return error_set(error, TARSIER_FORMAT, "the size of a sparse file is not a number");
	return read_pairs(block + 386, 4, sparse, error);
}

int sparse_read_block(const char *block, struct sparse *sparse, bool *more, struct tarsier_error *error)
{
	*more = block[504] != 0;
	return read_pairs(block, 21, sparse, error);
}

/* ---- pax records ---------------------------------------------------------------------------------------------------- */

/* POSIX.1-2017, pax, "pax Extended Header": record := length " " keyword "=" value "\n", the length that of all of it. */
static bool next_record(span *records, span *keyword, span *value)
{
	span digits, rest, record;
	uint64_t length;
	if (!span_cut(*records, ' ', &digits, &rest) || digits.len > 8 || !span_number(digits, &length))
		return false;
	if (length <= digits.len + 1 || length > records->len || records->ptr[length - 1] != '\n')
		return false;
	record = (span){rest.ptr, (size_t)length - digits.len - 2};
	*records = (span){records->ptr + length, records->len - (size_t)length};
	return span_cut(record, '=', keyword, value) && keyword->len;
}

/* GNU.sparse.map: "offset,length,offset,length". */
static bool read_map(span map, struct sparse *sparse)
{
	span offset, length;
	uint64_t from, size;
	sparse->pieces.length = 0;
	while (span_next(&map, ',', &offset)) {
		if (!span_next(&map, ',', &length) || !span_number(offset, &from) || !span_number(length, &size))
			return false;
		if (!sparse_add(sparse, from, size))
			return false;
	}
	return true;
}

/* GNU.sparse.offset and .numbytes, by turns; a pending offset waits in `from`. */
static bool read_pair(span keyword, span value, uint64_t *from, struct sparse *sparse)
{
	uint64_t number;
	if (!span_number(value, &number))
		return false;
	if (span_is(keyword, "GNU.sparse.offset")) {
		*from = number;
		return true;
	}
	return sparse_add(sparse, *from, number);
}

static span *place_of(struct pax *pax, span keyword)
{
	const struct {
		const char *keyword;
		span *place;
	} places[] = {
		{"path", &pax->path},
		{"linkpath", &pax->link},
		{"size", &pax->size},
		{"GNU.sparse.major", &pax->major},
		{"GNU.sparse.minor", &pax->minor},
		{"GNU.sparse.name", &pax->sparse_name},
		{"GNU.sparse.size", &pax->sparse_size},
		{"GNU.sparse.realsize", &pax->real_size},
	};
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (span_is(keyword, places[i].keyword))
			return places[i].place;
	return NULL;
}

int pax_read(span records, struct pax *pax, struct sparse *sparse, struct tarsier_error *error)
{
	span keyword, value;
	uint64_t from = 0;
	*pax = (struct pax){0};
	sparse->pieces.length = 0;
	while (records.len) {
		bool good = next_record(&records, &keyword, &value);
		span *place = good ? place_of(pax, keyword) : NULL;
		if (place) {
			*place = value;
			good = span_find(value, '\0') < 0;
		} else if (good && span_is(keyword, "GNU.sparse.map")) {
			pax->has_map = true;
			good = read_map(value, sparse);
		} else if (good && (span_is(keyword, "GNU.sparse.offset") || span_is(keyword, "GNU.sparse.numbytes"))) {
			pax->has_map = true;
			good = read_pair(keyword, value, &from, sparse);
		}
		if (!good)
			return error_set(error, TARSIER_FORMAT, "a pax header holds what is not a record");
	}
	return TARSIER_OK;
}
