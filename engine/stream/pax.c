#include "stream/pax.h"

/* POSIX.1-2017, "pax Extended Header": record := length " " keyword "=" value "\n", the length being that of it all. */
static bool next_record(span *records, span *keyword, span *value)
{
	span digits, rest, record;
	uint64_t length;
	if (!span_cut(*records, ' ', &digits, &rest) || digits.len > 8 || !span_number(digits, &length))
		return false;
	if (!length || length > records->len || records->ptr[length - 1] != '\n') /* neither digits nor the space end it */
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
