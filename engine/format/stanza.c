#include "format/stanza.h"

#include <string.h>

/* The format of RFC 822 that deb-control(5), apk's installed database and Python's core metadata share:
 *
 *	text      ::= paragraph (empty+ paragraph)*
 *	paragraph ::= (field | other)+
 *	field     ::= key ":" value newline (blank text newline)*      blank ::= " " | "\t"
 *	other     ::= a line without a colon, with its continuation lines
 *	newline   ::= "\n" | "\r\n"
 *
 * A line of blanks only is a continuation line, not an empty one. Every byte is looked at a bounded number of times. */

/* Returns the first line, including its newline. */
static span line_of(span rest)
{
	ptrdiff_t end = span_find(rest, '\n');
	return (span){rest.ptr, end < 0 ? rest.len : (size_t)end + 1};
}

static bool is_empty(span line)
{
	return span_is(line, "\n") || span_is(line, "\r\n") || span_is(line, "\r");
}

static bool is_continuation(span line)
{
	return line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t');
}

/* Takes a line and its continuation lines. */
static span take_folded(span *rest)
{
	span taken = line_of(*rest);
	*rest = span_from(*rest, taken.len);
	while (is_continuation(*rest)) {
		span more = line_of(*rest);
		taken.len += more.len;
		*rest = span_from(*rest, more.len);
	}
	return taken;
}

static bool read_field(span text, struct field *field)
{
	span first = line_of(text), after;
	if (is_continuation(text) || !span_cut(first, ':', &field->key, &after))
		return false;
	field->key = span_trim(field->key);
	field->value = span_trim(span_from(text, (size_t)(after.ptr - text.ptr)));
	return field->key.len > 0;
}

bool stanza_field(span *rest, struct field *field)
{
	while (rest->len > 0) {
		span line = line_of(*rest);
		if (is_empty(line)) {
			*rest = span_from(*rest, line.len);
			return false;
		}
		if (read_field(take_folded(rest), field))
			return true;
	}
	return false;
}

bool stanza_more(span *rest)
{
	while (rest->len > 0) {
		span line = line_of(*rest);
		if (!is_empty(line))
			return true;
		*rest = span_from(*rest, line.len);
	}
	return false;
}

void stanza_find(span text, enum stanza_scope scope, const char *const *keys, span *values, size_t count)
{
	struct field field;
	bool more = true;
	for (size_t i = 0; i < count; i++)
		values[i] = SPAN("");
	while (more) {
		while (stanza_field(&text, &field))
			for (size_t i = 0; i < count; i++)
				if (!values[i].len && span_is_nocase(field.key, keys[i]))
					values[i] = field.value;
		more = scope == STANZA_ALL && stanza_more(&text);
	}
}
