/* one file of a feed: limits its decompressed size and selects the feed */
#include "database/import.h"

#include <stdio.h>
#include <string.h>

/* ---- a stream that counts and returns its first bytes again ------------------------------------------------------ */

static ssize_t read_metered(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct metered *metered = (struct metered *)stream;
	ssize_t got;
	if (metered->given < metered->length) {
		size_t rest = metered->length - metered->given;
		got = (ssize_t)(size < rest ? size : rest);
		memcpy(buffer, metered->head + metered->given, (size_t)got);
		metered->given += (size_t)got;
	} else {
		got = stream_read(metered->inner, buffer, size, error);
	}
	if (got <= 0)
		return got;
	if ((uint64_t)got > *metered->left)
		return error_set(error, TARSIER_LIMIT, "%s expands to more than any feed does", metered->name);
	*metered->left -= (uint64_t)got;
	return got;
}

static int read_head(struct metered *metered, struct tarsier_error *error)
{
	while (metered->length < HEAD) {
		ssize_t got = stream_read(metered->inner, metered->head + metered->length, HEAD - metered->length, error);
		if (got <= 0)
			return (int)got;
		metered->length += (size_t)got;
	}
	return 0;
}

int import_meter(struct arena *arena, struct stream *inner, const char *name, uint64_t *left, struct metered **result,
                 struct tarsier_error *error)
{
	struct metered *metered = *result = arena_alloc(arena, sizeof *metered);
	if (!metered)
		return error_memory(error);
	metered->stream.read = read_metered;
	metered->inner = inner;
	metered->name = name;
	metered->left = left;
	return read_head(metered, error);
}

/* ---- recognising a feed ------------------------------------------------------------------------------------------ */

/* *feed is that of the file before, which most likely recognises this one. */
static bool choose_feed(span head, size_t *feed)
{
	int best = 0;
	if (feeds_all[*feed]->recognise(head) == RECOGNISED)
		return true;
	for (size_t i = 0; feeds_all[i]; i++) {
		int sure = feeds_all[i]->recognise(head);
		if (sure <= best)
			continue;
		best = sure;
		*feed = i;
	}
	return best > 0;
}

bool import_is_tar(span head)
{
	return head.len >= 512 && memcmp(head.ptr + 257, "ustar", 5) == 0;
}

/* Describes from its first bytes a file that stands in place of a feed. Returns NULL if they tell nothing. */
static const char *what_else(span head)
{
	if (head.len == 0)
		return "the file is empty";
	if (!span_starts(head, "<"))
		return NULL;
	if (span_contains(head, "oval_definitions"))
		return "it has OVAL definitions, of none of the publishers that tarsier reads in that form";
	if (span_starts(head, "<?xml") && !span_contains(head, "<html"))
		return "it is XML of a form that tarsier does not read";
	return "it looks like a web page, perhaps an error that a server answered with";
}

static span without_mark(span head)
{
	return span_trim(span_starts(head, "\xEF\xBB\xBF") ? span_from(head, 3) : head);
}

static bool is_empty_list(span head)
{
	return span_starts(head, "[") && span_is(span_trim(span_from(head, 1)), "]");
}

static void not_recognised(struct importing *importing, const char *name, span head)
{
	char why[200];
	const char *what = what_else(head = without_mark(head));
	snprintf(why, sizeof why, "not recognised: not a feed that tarsier reads%s%s", what ? "; " : "", what ? what : "");
	importing->lost = what;
	importing->unknown = true;
	import_complain(importing, name, "", is_empty_list(head) ? "the list is empty" : why);
}

int import_feed(struct importing *importing, struct metered *metered, const char *name, struct tarsier_error *error)
{
	span head = {metered->head, metered->length};
	importing->list = importing->list || span_starts(span_trim(head), "[");
	if (!choose_feed(head, &importing->feed)) {
		not_recognised(importing, name, head);
		return 0;
	}
	importing->writer->scores_day = 0; /* until this file states a day */
	int code = feeds_all[importing->feed]->read(&metered->stream, name, &importing->sink, error);
	return code < 0 && !strstr(error->message, name) ? error_prefix(error, "%s", name) : code;
}
