#include "stream/tar_header.h"

#include "stream/tar.h"

#include <string.h>

/*
 * POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format". Offsets and lengths:
 *
 *	name 0,100  mode 100,8  uid 108,8  gid 116,8  size 124,12  mtime 136,12  chksum 148,8  typeflag 156,1
 *	linkname 157,100  magic 257,6  version 263,2  uname 265,32  gname 297,32  devmajor 329,8  devminor 337,8
 *	prefix 345,155
 *	star: prefix 345,131 and "tar\0" at 508
 */
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
bool tar_number(span field, uint64_t *number)
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
		return until_nul(TAR_FIELD(block, 345, 131));
	return until_nul(TAR_FIELD(block, 345, 155));
}

int tar_header_read(const char *block, struct tar_header *header, struct tarsier_error *error)
{
	uint64_t mode;
	if (!checksum_matches(block))
		return error_set(error, TARSIER_FORMAT, "no tar header here: its checksum does not match");
	*header = (struct tar_header){
		.type = block[156],
		.prefix = read_prefix(block),
		.name = until_nul(TAR_FIELD(block, 0, 100)),
		.link = until_nul(TAR_FIELD(block, 157, 100)),
	};
	if (!tar_number(TAR_FIELD(block, 124, 12), &header->size))
		return error_set(error, TARSIER_FORMAT, "%.*s: its size is not a number", SPAN_ARG(header->name));
	header->mode = tar_number(TAR_FIELD(block, 100, 8), &mode) ? (uint32_t)(mode & 07777) : 0;
	return TARSIER_OK;
}

/* ---- pax records ------------------------------------------------------------------------------------------------ */

/* POSIX.1-2017, "pax Extended Header": record := length " " keyword "=" value "\n", the length being that of it all. */
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
	sparse_clear(sparse);
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
	sparse_clear(sparse);
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

/* ---- paths ------------------------------------------------------------------------------------------------------ */

/* 0: an ordinary component, 1: one to leave out, negative: one that must not be. */
static int judge_component(span component)
{
	if (component.len == 0 || span_is(component, "."))
		return 1;
	return span_is(component, "..") ? TARSIER_FORMAT : 0;
}

static int rebuild_path(span raw, struct buffer *room, span *clean, struct tarsier_error *error)
{
	span component, rest = raw;
	room->length = 0;
	while (span_next(&rest, '/', &component)) {
		if (judge_component(component) == 1)
			continue;
		if ((room->length && !buffer_add(room, "/", 1)) || !buffer_add(room, component.ptr, component.len))
			return error_memory(error);
	}
	*clean = buffer_span(room);
	return TARSIER_OK;
}

int tar_clean_path(span raw, struct buffer *room, span *clean, struct tarsier_error *error)
{
	while (raw.len && raw.ptr[raw.len - 1] == '/')
		raw.len--;
	while (span_starts(raw, "./") || span_starts(raw, "/"))
		raw = span_from(raw, raw.ptr[0] == '/' ? 1 : 2);
	span component, rest = raw;
	bool clean_already = true;
	while (span_next(&rest, '/', &component)) {
		int verdict = judge_component(component);
		if (verdict < 0)
			return error_set(error, TARSIER_FORMAT, "%.*s: a path that holds \"..\"", SPAN_ARG(raw));
		clean_already &= verdict == 0;
	}
	*clean = raw;
	return clean_already ? TARSIER_OK : rebuild_path(raw, room, clean, error);
}
