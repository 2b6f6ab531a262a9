#include "inventory/binary_view.h"

#include <string.h>

enum { FIRST_CAPACITY = 4096 };

static bool make_room(struct binary_capture *capture, size_t more, struct arena *arena)
{
	size_t capacity = capture->capacity ? capture->capacity : FIRST_CAPACITY;
	while (capacity < capture->length + more)
		capacity *= 2;
	if (capacity == capture->capacity)
		return true;
	char *bytes = arena_room(arena, capacity);
	if (!bytes)
		return false;
	if (capture->length)
		memcpy(bytes, capture->bytes, capture->length);
	capture->bytes = bytes;
	capture->capacity = capacity;
	return true;
}

int binary_capture_take(struct binary_capture *capture, const struct binary_view *view, struct arena *arena,
                        struct tarsier_error *error)
{
	uint64_t next = capture->offset + capture->length, end = view->offset + view->bytes.len;
	if (next < view->offset || next >= end || capture->length >= capture->wanted)
		return TARSIER_OK;
	size_t length = capture->wanted - capture->length;
	if (length > end - next)
		length = (size_t)(end - next);
	if (!make_room(capture, length, arena))
		return error_memory(error);
	memcpy(capture->bytes + capture->length, view->bytes.ptr + (next - view->offset), length);
	capture->length += length;
	return TARSIER_OK;
}
