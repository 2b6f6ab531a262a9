#include "format/json_head.h"

static span skip_space(span text)
{
	while (text.len && (text.ptr[0] == ' ' || (text.ptr[0] >= '\t' && text.ptr[0] <= '\r')))
		text = span_from(text, 1);
	return text;
}

/* Takes the text between quotes, as written; *rest is the text after it. Returns false if the head ends first. */
static bool take_string(span *rest, span *string)
{
	for (size_t i = 1; i < rest->len; i++) {
		if (rest->ptr[i] == '\\')
			i++;
		else if (rest->ptr[i] == '"') {
			*string = (span){rest->ptr + 1, i - 1};
			*rest = span_from(*rest, i + 1);
			return true;
		}
	}
	return false;
}

/* Skips one value and the comma after it. Returns false if the head or the object ends first. */
static bool skip_value(span *rest)
{
	size_t depth = 0;
	span string;
	while (rest->len) {
		char c = rest->ptr[0];
		if (c == '"') {
			if (!take_string(rest, &string))
				return false;
			continue;
		}
		*rest = span_from(*rest, 1);
		if (c == '{' || c == '[')
			depth++;
		else if ((c == '}' || c == ']') && depth-- == 0)
			return false;
		else if (c == ',' && depth == 0)
			return true;
	}
	return false;
}

bool json_head_next(struct json_head *head, span *name)
{
	span rest = head->rest;
	if (!head->begun) {
		rest = skip_space(span_starts(rest, "\xEF\xBB\xBF") ? span_from(rest, 3) : rest);
		if (span_starts(rest, "["))
			rest = skip_space(span_from(rest, 1));
		if (!span_starts(rest, "{"))
			return false;
		rest = span_from(rest, 1);
	} else if (!skip_value(&rest)) {
		return false;
	}
	head->begun = true;
	rest = skip_space(rest);
	bool found = span_starts(rest, "\"") && take_string(&rest, name) && span_starts(rest = skip_space(rest), ":");
	head->rest = found ? span_from(rest, 1) : (span){"", 0};
	return found;
}
