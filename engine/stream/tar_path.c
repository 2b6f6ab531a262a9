#include "stream/tar.h"

static bool is_plain(span component)
{
	return component.len && !span_is(component, ".") && !span_is(component, "..");
}

/* Takes the last component off. False if there is none. */
static bool drop_component(struct buffer *path)
{
	if (!path->length)
		return false;
	ptrdiff_t slash = span_find_last(buffer_span(path), '/');
	path->length = slash < 0 ? 0 : (size_t)slash;
	return true;
}

/* ".." takes off the component before it, whatever that is: so do the container engines, before they look at links. */
static int rebuild_path(span raw, struct buffer *room, span *clean, struct tarsier_error *error)
{
	span component, rest = raw;
	room->length = 0;
	while (span_next(&rest, '/', &component)) {
		if (span_is(component, "..") && !drop_component(room))
			return error_set(error, TARSIER_FORMAT, "%.*s: a path that holds \"..\" and leads outside", SPAN_ARG(raw));
		if (!is_plain(component))
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
	while (span_next(&rest, '/', &component))
		clean_already &= is_plain(component);
	*clean = raw;
	return clean_already ? TARSIER_OK : rebuild_path(raw, room, clean, error);
}
