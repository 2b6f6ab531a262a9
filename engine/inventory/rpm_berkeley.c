/* rpm's database before 4.16: a hash of Berkeley DB */
#include "inventory/rpm_package.h"

#include <stdio.h>
#include <string.h>

/*
 * Berkeley DB's hash files, versions 8 to 10 (db_page.h), in the byte order of the machine that wrote them. All pages
 * have one size; the first describes the file:
 *
 *	meta     ::= u64 LSN, u32 page, u32 magic, u32 version, u32 page size, u8 encrypted, u8 type, …
 *	page     ::= u64 LSN, u32 page, u32 previous, u32 next, u16 items, u16 high, u8 level, u8 type, then its content
 *	hash     ::= page of type 2 or 13, then u16 offset an item, which lie from the page's end downwards: key, value, …
 *	item     ::= u8 kind 1, bytes | u8 kind 3, u8*3, u32 page, u32 length     the latter is in a chain of overflow pages
 *	overflow ::= page of type 7, then `high` bytes
 *
 * The key is a header's number, the value is the header; number 0 is rpm's own count. Buckets do not matter because
 * everything is read: all hash pages are visited, wherever they are.
 */
enum { META = 72, PAGE = 26, SMALLEST_PAGE = 512, LARGEST_PAGE = 65536 };
enum { HASH_UNSORTED = 2, OVERFLOW = 7, HASH = 13, KEY_DATA = 1, OFF_PAGE = 3, OFF_PAGE_ITEM = 12 };

struct berkeley {
	span file;
	bool big_endian;
	size_t page_size, page_count;
	size_t bytes; /* of headers so far */
	struct arena scratch;
};

static const uint32_t magic_hash = 0x061561;

static uint32_t u16(const struct berkeley *database, const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return database->big_endian ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static uint32_t u32(const struct berkeley *database, const char *bytes)
{
	uint32_t first = u16(database, bytes), second = u16(database, bytes + 2);
	return database->big_endian ? first << 16 | second : second << 16 | first;
}

bool rpm_is_berkeley(span content)
{
	struct berkeley little = {.big_endian = false}, big = {.big_endian = true};
	return content.len >= META && (u32(&little, content.ptr + 12) == magic_hash || u32(&big, content.ptr + 12) == magic_hash);
}

static int broken(struct tarsier_error *error, const char *what)
{
	return error_set(error, TARSIER_FORMAT, "not a readable rpm database: this Berkeley DB %s", what);
}

static int open_database(struct berkeley *database, span content, struct tarsier_error *error)
{
	*database = (struct berkeley){.file = content};
	database->big_endian = u32(database, content.ptr + 12) != magic_hash;
	database->page_size = u32(database, content.ptr + 20);
	if (content.ptr[24])
		return error_set(error, TARSIER_UNSUPPORTED, "this Berkeley DB is encrypted");
	if (database->page_size < SMALLEST_PAGE || database->page_size > LARGEST_PAGE ||
	    (database->page_size & (database->page_size - 1)))
		return broken(error, "has pages of an invalid size");
	database->page_count = content.len / database->page_size;
	return TARSIER_OK;
}

static const char *page_at(const struct berkeley *database, size_t number)
{
	return database->file.ptr + number * database->page_size;
}

static unsigned type_of(const char *page)
{
	return (unsigned char)page[25];
}

/* A header is stored in a chain of pages. All headers together may not exceed the file's size, so shared pages and
 * cycles end. */
static int read_chain(struct berkeley *database, size_t number, size_t length, span *blob, struct tarsier_error *error)
{
	size_t taken = 0;
	database->bytes += length + 1;
	if (database->bytes > database->file.len)
		return broken(error, "has headers that overlap or are larger than the file");
	char *room = arena_alloc(&database->scratch, length + 1);
	if (!room)
		return error_memory(error);
	while (taken < length) {
		if (number == 0 || number >= database->page_count || type_of(page_at(database, number)) != OVERFLOW)
			return broken(error, "has a header whose pages are missing");
		const char *page = page_at(database, number);
		size_t here = u16(database, page + 22);
		if (here == 0 || here > database->page_size - PAGE || here > length - taken)
			return broken(error, "has a header whose pages do not fit together");
		memcpy(room + taken, page + PAGE, here);
		taken += here;
		number = u32(database, page + 16);
	}
	*blob = (span){room, length};
	return TARSIER_OK;
}

static int read_value(struct berkeley *database, span item, size_t page, struct reader_output *output,
                      struct tarsier_error *error)
{
	char place[64];
	span blob = span_from(item, 1);
	int code = TARSIER_OK;
	snprintf(place, sizeof place, "a header on page %zu", page);
	if (item.len > 1 && item.ptr[0] == OFF_PAGE && item.len >= OFF_PAGE_ITEM)
		code = read_chain(database, u32(database, item.ptr + 4), u32(database, item.ptr + 8), &blob, error);
	else if (!item.len || item.ptr[0] != KEY_DATA)
		code = broken(error, "has a value of an unknown kind");
	if (code < 0)
		return rpm_package_skip(output, code, place, error);
	return blob.len <= 4 ? TARSIER_OK : rpm_package_add(output, blob, place, error); /* 4: rpm's count of headers */
}

/* Items are stored from the end of the page downwards. */
static int read_page(struct berkeley *database, size_t number, struct reader_output *output, struct tarsier_error *error)
{
	const char *page = page_at(database, number);
	size_t items = u16(database, page + 20), end = database->page_size;
	int code = TARSIER_OK;
	if (PAGE + 2 * items > database->page_size)
		return broken(error, "has a page with too many items");
	for (size_t i = 0; i < items && code >= 0; i++) {
		size_t at = u16(database, page + PAGE + 2 * i);
		if (at < PAGE + 2 * items || at > end)
			return broken(error, "has a page whose items overlap");
		if (i % 2)
			code = read_value(database, (span){page + at, end - at}, number, output, error);
		end = at;
	}
	return code;
}

int rpm_berkeley_read(span content, struct reader_output *output, struct tarsier_error *error)
{
	struct berkeley database;
	int code = open_database(&database, content, error);
	arena_init(&database.scratch, &output->arena->allocator);
	for (size_t i = 1; i < database.page_count && code >= 0; i++) {
		unsigned type = type_of(page_at(&database, i));
		if (type != HASH && type != HASH_UNSORTED)
			continue;
		code = read_page(&database, i, output, error);
		arena_free(&database.scratch); /* one page's headers at a time */
		arena_init(&database.scratch, &output->arena->allocator);
	}
	arena_free(&database.scratch);
	return code;
}
