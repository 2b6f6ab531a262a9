#include "stream/tar.h"

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
