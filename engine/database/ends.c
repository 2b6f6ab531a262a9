#include "database/ends.h"

#include "format/date.h"

#include <stdlib.h>
#include <string.h>

enum { ENDS_MOST = 4096, NAME_MOST = 32 }; /* endoflife.date has some 300 releases of distributions */

struct known_end { const char *support, *extended; bool old; };

/* Names are written into lines of fields. */
static bool is_name(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	return length && length <= NAME_MOST && !text[length];
}

static const char *day_of(struct arena *arena, const char *date)
{
	return date_begins(date) ? arena_copy(arena, date, 10) : "";
}

static int put_end(struct database_writer *writer, const struct distro_end *end, bool old, struct tarsier_error *error)
{
	struct arena *arena = &writer->arena;
	if (!is_name(end->id) || !is_name(end->release) || !date_begins(end->support))
		return 1;
	const char *key = arena_format(arena, "%s\t%s", end->id, end->release);
	struct known_end *known = key ? map_get(&writer->ends, span_of(key)) : NULL;
	bool fresh = !known;
	if (fresh && writer->ends.count >= ENDS_MOST)
		return 1;
	if (known && (old || (!known->old && strcmp(end->support, known->support) <= 0)))
		return 0;
	if (fresh)
		known = arena_alloc(arena, sizeof *known);
	if (!key || !known || (fresh && !map_put(&writer->ends, span_of(key), known)))
		return error_memory(error);
	*known = (struct known_end){day_of(arena, end->support), day_of(arena, end->extended), old};
	return known->support && known->extended ? 0 : error_memory(error);
}

int writer_end(struct database_writer *writer, const struct distro_end *end, struct tarsier_error *error)
{
	return put_end(writer, end, false, error);
}

static const char *field(struct arena *arena, span *line)
{
	span text = SPAN("");
	span_next(line, '\t', &text);
	return span_copy(arena, text);
}

int writer_take_ends(struct database_writer *writer, const char *text, struct tarsier_error *error)
{
	span rest = span_of(text), line;
	int code = 0;
	while (code >= 0 && span_next(&rest, '\n', &line)) {
		struct distro_end end = {field(&writer->arena, &line), field(&writer->arena, &line), NULL, NULL};
		end.support = field(&writer->arena, &line);
		end.extended = field(&writer->arena, &line);
		code = end.id && end.release && end.support && end.extended ? put_end(writer, &end, true, error) : error_memory(error);
	}
	return code < 0 ? code : 0;
}

static int compare_keys(const void *a, const void *b)
{
	const struct map_entry *one = *(const struct map_entry *const *)a, *other = *(const struct map_entry *const *)b;
	return span_compare(one->key, other->key);
}

const char *writer_ends(struct database_writer *writer)
{
	struct buffer text;
	size_t count = writer->ends.count;
	const struct map_entry **sorted = arena_array(&writer->arena, count, sizeof *sorted);
	buffer_init(&text, NULL);
	bool done = sorted;
	for (size_t i = 0; i < count && done; i++)
		sorted[i] = &writer->ends.entries[i];
	if (done && count)
		qsort(sorted, count, sizeof *sorted, compare_keys);
	for (size_t i = 0; i < count && done; i++) {
		const struct known_end *end = sorted[i]->value;
		const char *line = arena_format(&writer->arena, "%.*s\t%s\t%s\n", SPAN_WHOLE(sorted[i]->key), end->support, end->extended);
		done = line && buffer_add(&text, line, strlen(line));
	}
	const char *copy = done ? span_copy(&writer->arena, buffer_span(&text)) : NULL;
	buffer_free(&text);
	return copy;
}
