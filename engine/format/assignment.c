#include "format/assignment.h"

#include <string.h>

bool assignment_next(span *rest, span *key, span *value)
{
	span line;
	while (span_next(rest, '\n', &line)) {
		line = span_trim(line);
		if (span_starts(line, "#") || span_starts(line, "--") || !span_cut(line, '=', key, value))
			continue;
		*key = span_trim(*key);
		*value = span_trim(*value);
		return true;
	}
	return false;
}

/* Returns the quote that ends the text which begins at the front, 0 if none begins there; *length is that of its
 * beginning. */
static char closing_quote(span text, size_t *length)
{
	static const char open[] = "{<([", closed[] = "}>)]";
	*length = 1;
	if (text.ptr[0] == '"' || text.ptr[0] == '\'')
		return text.ptr[0];
	const char *bracket = span_starts(text, "%q") && text.len > 2 ? memchr(open, text.ptr[2], 4) : NULL;
	*length = 3;
	return bracket ? closed[bracket - open] : '\0';
}

bool assignment_quoted(span *value, span *text)
{
	size_t length;
	for (; value->len; *value = span_from(*value, 1)) {
		char quote = closing_quote(*value, &length);
		if (!quote)
			continue;
		span inner = span_from(*value, length);
		return span_find(inner, quote) >= 0 && span_cut(inner, quote, text, value);
	}
	return false;
}
