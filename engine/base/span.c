#include "base/span.h"

#include <string.h>
#include <strings.h>

span span_of(const char *string)
{
	return (span){string, string ? strlen(string) : 0};
}

bool span_equal(span a, span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool span_is(span a, const char *string)
{
	return span_equal(a, span_of(string));
}

bool span_is_nocase(span a, const char *string)
{
	return a.len == strlen(string) && (a.len == 0 || strncasecmp(a.ptr, string, a.len) == 0);
}

int span_compare(span a, span b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter ? memcmp(a.ptr, b.ptr, shorter) : 0;
	if (order == 0)
		order = (a.len > b.len) - (a.len < b.len);
	return (order > 0) - (order < 0);
}

bool span_starts(span a, const char *prefix)
{
	size_t length = strlen(prefix);
	return a.len >= length && (length == 0 || memcmp(a.ptr, prefix, length) == 0);
}

bool span_is_within(span path, span folder)
{
	if (!folder.len)
		return true;
	return path.len >= folder.len && memcmp(path.ptr, folder.ptr, folder.len) == 0 &&
	       (path.len == folder.len || path.ptr[folder.len] == '/');
}

bool span_ends(span a, const char *suffix)
{
	size_t length = strlen(suffix);
	return a.len >= length && (length == 0 || memcmp(a.ptr + a.len - length, suffix, length) == 0);
}

span span_from(span a, size_t start)
{
	if (start >= a.len)
		return (span){"", 0};
	return (span){a.ptr + start, a.len - start};
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

span span_trim(span a)
{
	while (a.len && is_space(a.ptr[0]))
		a.ptr++, a.len--;
	while (a.len && is_space(a.ptr[a.len - 1]))
		a.len--;
	return a;
}

ptrdiff_t span_find(span a, char c)
{
	const char *at = a.len ? memchr(a.ptr, c, a.len) : NULL;
	return at ? at - a.ptr : -1;
}

ptrdiff_t span_find_last(span a, char c)
{
	const char *at = a.len ? memrchr(a.ptr, c, a.len) : NULL;
	return at ? at - a.ptr : -1;
}

bool span_contains(span a, const char *needle)
{
	size_t length = strlen(needle);
	return length == 0 || (a.len && memmem(a.ptr, a.len, needle, length));
}

bool span_next(span *rest, char separator, span *part)
{
	if (!rest->ptr)
		return false;
	ptrdiff_t at = span_find(*rest, separator);
	if (at >= 0) {
		*part = (span){rest->ptr, (size_t)at};
		*rest = (span){rest->ptr + at + 1, rest->len - (size_t)at - 1};
		return true;
	}
	*part = *rest;
	*rest = (span){NULL, 0};
	return part->len > 0;
}

bool span_cut(span a, char separator, span *before, span *after)
{
	ptrdiff_t at = span_find(a, separator);
	if (at < 0) {
		*before = a;
		*after = (span){"", 0};
		return false;
	}
	*before = (span){a.ptr, (size_t)at};
	*after = (span){a.ptr + at + 1, a.len - (size_t)at - 1};
	return true;
}

bool span_number(span a, uint64_t *number)
{
	uint64_t value = 0;
	for (size_t i = 0; i < a.len; i++) {
		if (a.ptr[i] < '0' || a.ptr[i] > '9')
			return false;
		uint64_t digit = (uint64_t)(a.ptr[i] - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*number = value;
	return a.len > 0;
}

char *span_copy(struct arena *arena, span a)
{
	return arena_copy(arena, a.ptr, a.len);
}

void buffer_init(struct buffer *buffer, const struct tarsier_allocator *allocator)
{
	memset(buffer, 0, sizeof *buffer);
	if (allocator)
		buffer->allocator = *allocator;
}

void buffer_free(struct buffer *buffer)
{
	if (buffer->data)
		memory_resize(&buffer->allocator, buffer->data, buffer->capacity, 0);
	buffer->data = NULL;
	buffer->length = buffer->capacity = 0;
}

bool buffer_reserve(struct buffer *buffer, size_t more)
{
	if (more > SIZE_MAX / 2 - buffer->length)
		return false;
	size_t wanted = buffer->length + more;
	if (buffer->limit && wanted > buffer->limit)
		return false;
	if (wanted <= buffer->capacity)
		return true;
	size_t capacity = buffer->capacity ? buffer->capacity : 256;
	while (capacity < wanted)
		capacity *= 2;
	char *moved = memory_resize(&buffer->allocator, buffer->data, buffer->capacity, capacity);
	if (!moved)
		return false;
	buffer->data = moved;
	buffer->capacity = capacity;
	return true;
}

bool buffer_add(struct buffer *buffer, const void *data, size_t length)
{
	if (!buffer_reserve(buffer, length))
		return false;
	if (length)
		memcpy(buffer->data + buffer->length, data, length);
	buffer->length += length;
	return true;
}

span buffer_span(const struct buffer *buffer)
{
	return (span){buffer->data ? buffer->data : "", buffer->length};
}
