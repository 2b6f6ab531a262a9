#include "database/package_rows.h"

#include <string.h>

enum { FLAG_SEVERITY = 7, FLAG_CVE = 8, FLAG_VECTOR = 16, FLAG_STREAM = 32, FLAG_INFORMATIONAL = 64,
       FLAG_STATEMENT = 128, FLAGS = 255 };

bool varint_put(struct buffer *buffer, uint64_t number)
{
	unsigned char bytes[10];
	size_t length = 0;
	do {
		bytes[length] = (unsigned char)(number & 0x7f) | (number > 0x7f ? 0x80 : 0);
		number >>= 7;
	} while (bytes[length++] & 0x80);
	return buffer_add(buffer, bytes, length);
}

bool varint_get(const unsigned char **at, const unsigned char *end, uint64_t *number)
{
	*number = 0;
	for (unsigned shift = 0; shift < 63 && *at < end; shift += 7) {
		unsigned char byte = *(*at)++;
		*number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int damaged(struct tarsier_error *error)
{
	return error_set(error, TARSIER_DATABASE, "the vulnerability database is damaged: build it again with "
	                 "`tarsier db import PATH…`");
}

static bool get(struct package_rows *rows, uint64_t limit, uint64_t *number)
{
	return varint_get(&rows->at, rows->end, number) && *number <= limit;
}

/* Reads a count. Each element takes at least one byte, which limits what a damaged blob can make us allocate. */
static bool get_count(struct package_rows *rows, size_t *count)
{
	uint64_t number;
	if (!get(rows, (uint64_t)(rows->end - rows->at), &number))
		return false;
	*count = (size_t)number;
	return true;
}

int package_rows_open(struct package_rows *rows, struct arena *arena, span blob, struct tarsier_error *error)
{
	memset(rows, 0, sizeof *rows);
	rows->arena = arena;
	rows->at = (const unsigned char *)blob.ptr;
	rows->end = rows->at + blob.len;
	if (!get_count(rows, &rows->version_count))
		return damaged(error);
	rows->versions = arena_array(arena, rows->version_count + 1, sizeof(span));
	if (!rows->versions)
		return error_memory(error);
	for (size_t i = 1; i <= rows->version_count; i++) {
		size_t length;
		if (!get_count(rows, &length) || length > (size_t)(rows->end - rows->at))
			return damaged(error);
		rows->versions[i] = (span){(const char *)rows->at, length};
		rows->at += length;
	}
	return 0;
}

/* Ensures room for `count` elements in a reused array. */
static void *room(struct package_rows *rows, void *array, size_t *capacity, size_t count, size_t size)
{
	if (count <= *capacity && array)
		return array;
	size_t larger = count > 2 * *capacity ? count : 2 * *capacity;
	void *moved = arena_array(rows->arena, larger, size);
	if (moved)
		*capacity = larger;
	return moved;
}

static int get_events(struct package_rows *rows, struct tarsier_error *error)
{
	struct package_row *row = &rows->row;
	if (!get_count(rows, &row->event_count))
		return damaged(error);
	row->events = room(rows, row->events, &rows->event_capacity, row->event_count, sizeof *row->events);
	if (!row->events)
		return error_memory(error);
	for (size_t i = 0; i < row->event_count; i++) {
		uint64_t number;
		if (!get(rows, (uint64_t)rows->version_count * 8 + 7, &number))
			return damaged(error);
		row->events[i] = (struct row_event){(uint32_t)(number >> 3), number & 3, (number & 4) != 0};
	}
	return 0;
}

static int get_versions(struct package_rows *rows, struct tarsier_error *error)
{
	struct package_row *row = &rows->row;
	if (!get_count(rows, &row->version_count))
		return damaged(error);
	row->versions = room(rows, row->versions, &rows->version_capacity, row->version_count, sizeof *row->versions);
	if (!row->versions)
		return error_memory(error);
	for (size_t i = 0; i < row->version_count; i++) {
		uint64_t number;
		if (!get(rows, rows->version_count, &number))
			return damaged(error);
		row->versions[i] = (uint32_t)number;
	}
	return 0;
}

int package_rows_next(struct package_rows *rows, struct tarsier_error *error)
{
	struct package_row *row = &rows->row;
	uint64_t step, flags, cve = 0, vector = 0, stream = 0, statement = 0;
	if (rows->at == rows->end)
		return 0;
	if (!get(rows, UINT32_MAX - row->advisory, &step) || !get(rows, FLAGS, &flags))
		return damaged(error);
	if ((flags & FLAG_CVE && !get(rows, UINT32_MAX, &cve)) ||
	    (flags & FLAG_VECTOR && !get(rows, rows->version_count, &vector)) ||
	    (flags & FLAG_STREAM && !get(rows, rows->version_count, &stream)) ||
	    (flags & FLAG_STATEMENT && !get(rows, 2 * STATUSES - 1, &statement)))
		return damaged(error);
	row->advisory += (uint32_t)step;
	row->severity = (enum tarsier_severity)(flags & FLAG_SEVERITY);
	row->cve = (uint32_t)cve;
	row->vector = (uint32_t)vector;
	row->stream = (uint32_t)stream;
	row->informational = flags & FLAG_INFORMATIONAL;
	row->status = (enum advisory_status)(statement >> 1);
	row->own = statement & 1;
	int code = get_events(rows, error);
	if (code >= 0)
		code = get_versions(rows, error);
	return code < 0 ? code : 1;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

void row_writer_init(struct row_writer *writer, struct arena *arena)
{
	memset(writer, 0, sizeof *writer);
	writer->arena = writer->known.arena = arena;
	buffer_init(&writer->versions, &arena->allocator);
	buffer_init(&writer->entries, &arena->allocator);
}

void row_writer_free(struct row_writer *writer)
{
	buffer_free(&writer->versions);
	buffer_free(&writer->entries);
}

uint32_t row_writer_version(struct row_writer *writer, span version)
{
	uintptr_t number = (uintptr_t)map_get(&writer->known, version);
	if (number)
		return (uint32_t)number;
	if (!varint_put(&writer->versions, version.len) || !buffer_add(&writer->versions, version.ptr, version.len))
		return 0;
	number = writer->version_count + 1;
	if (!map_put(&writer->known, version, (void *)number))
		return 0;
	return writer->version_count = (uint32_t)number;
}

bool row_writer_add(struct row_writer *writer, const struct package_row *row)
{
	struct buffer *out = &writer->entries;
	unsigned flags = (unsigned)row->severity | (row->cve ? FLAG_CVE : 0) | (row->vector ? FLAG_VECTOR : 0) |
	                 (row->stream ? FLAG_STREAM : 0) | (row->informational ? FLAG_INFORMATIONAL : 0);
	unsigned statement = (unsigned)row->status << 1 | row->own;
	flags |= statement ? FLAG_STATEMENT : 0;
	bool done = varint_put(out, row->advisory - writer->last) && varint_put(out, flags);
	done = done && (!row->cve || varint_put(out, row->cve)) && (!row->vector || varint_put(out, row->vector)) &&
	       (!row->stream || varint_put(out, row->stream)) && (!statement || varint_put(out, statement));
	done = done && varint_put(out, row->event_count);
	for (size_t i = 0; done && i < row->event_count; i++) {
		const struct row_event *event = &row->events[i];
		done = varint_put(out, (uint64_t)event->version << 3 | (event->starts ? 4u : 0u) | event->kind);
	}
	done = done && varint_put(out, row->version_count);
	for (size_t i = 0; done && i < row->version_count; i++)
		done = varint_put(out, row->versions[i]);
	writer->last = row->advisory;
	return done;
}

bool row_writer_copy(struct row_writer *writer, const struct package_rows *from)
{
	struct package_row row = from->row; /* whose arrays are rewritten: the reader fills them anew */
	bool done = (!row.vector || (row.vector = row_writer_version(writer, from->versions[row.vector]))) &&
	            (!row.stream || (row.stream = row_writer_version(writer, from->versions[row.stream])));
	for (size_t i = 0; done && i < row.event_count; i++)
		if (row.events[i].version)
			done = (row.events[i].version = row_writer_version(writer, from->versions[row.events[i].version])) != 0;
	for (size_t i = 0; done && i < row.version_count; i++)
		done = (row.versions[i] = row_writer_version(writer, from->versions[row.versions[i]])) != 0;
	return done && row_writer_add(writer, &row);
}

bool row_writer_finish(struct row_writer *writer, struct buffer *blob)
{
	return varint_put(blob, writer->version_count) &&
	       buffer_add(blob, writer->versions.data, writer->versions.length) &&
	       buffer_add(blob, writer->entries.data, writer->entries.length);
}
