#include "format/semver.h"

static bool is_word(char c)
{
	return version_is_digit(c) || version_is_letter(c) || c == '-' || c == '_';
}

bool semver_valid_words(span text)
{
	size_t length = 0;
	for (size_t i = 0; i <= text.len; i++) {
		if (i < text.len && is_word(text.ptr[i])) {
			length++;
			continue;
		}
		if (length == 0 || (i < text.len && text.ptr[i] != '.'))
			return false;
		length = 0;
	}
	return true;
}

/* A dot before a letter separates as a hyphen does: "1.2.rc1". */
static span take_numbers(span *rest)
{
	span numbers = version_take_numbers(rest);
	if (numbers.len > 0 && rest->len > 1 && rest->ptr[0] == '.' && version_is_letter(rest->ptr[1]))
		version_take_char(rest, '.');
	return numbers;
}

struct semver semver_split(span text)
{
	struct semver parts = {.release = SPAN("")};
	bool has_build = span_cut(text, '+', &text, &parts.build);
	if (!version_take_char(&text, 'v') && !version_take_char(&text, 'V'))
		version_take_char(&text, '=');
	parts.numbers = take_numbers(&text);
	parts.valid = parts.numbers.len > 0 && (!has_build || semver_valid_words(parts.build));
	parts.hyphen = version_take_char(&text, '-');
	parts.release = text;
	if (parts.hyphen || text.len > 0)
		parts.valid = parts.valid && semver_valid_words(text) && (parts.hyphen || version_is_letter(text.ptr[0]));
	return parts;
}

static bool is_number(span word)
{
	version_take_digits(&word);
	return word.len == 0;
}

static int compare_word(span a, span b)
{
	bool left = is_number(a), right = is_number(b);
	if (left && right)
		return version_compare_digits(a, b);
	if (left != right)
		return left ? -1 : 1;
	return span_compare(a, b);
}

int semver_compare_words(span a, span b)
{
	for (;;) {
		span left, right;
		bool more_left = span_next(&a, '.', &left), more_right = span_next(&b, '.', &right);
		if (!more_left || !more_right)
			return more_left - more_right;
		int order = compare_word(left, right);
		if (order)
			return order;
	}
}

int semver_compare_releases(span a, span b)
{
	if (a.len == 0 || b.len == 0)
		return (a.len == 0) - (b.len == 0);
	return semver_compare_words(a, b);
}
