/* NuGet's versions (https://learn.microsoft.com/nuget/concepts/package-versioning):
 *
 *	version ::= number ("." number){0,3} ["-" label ("." label)*] ["+" metadata]
 *	label   ::= [0-9A-Za-z-]+    metadata ::= label ("." label)*
 *
 * Semantic Versioning 2.0.0 with these differences: an absent number is 0, there is a fourth number, numbers may have
 * leading zeros (labels may not), and case does not matter. Checked against NuGet.Versioning: white space around a version is allowed, a
 * number must fit into 31 bits, and a label of digits that does not fit is compared as text. A label is a number as
 * .NET's parser has it, so that "-5" is one. */
#include "format/version.h"

enum { NUMBERS = 4 };

struct nuget_version {
	span numbers[NUMBERS];
	span labels;
	bool valid;
};

static span trim(span text)
{
	while (text.len > 0 && (text.ptr[0] == ' ' || (text.ptr[0] >= '\t' && text.ptr[0] <= '\r')))
		text = span_from(text, 1);
	while (text.len > 0 && (text.ptr[text.len - 1] == ' ' ||
	                        (text.ptr[text.len - 1] >= '\t' && text.ptr[text.len - 1] <= '\r')))
		text.len--;
	return text;
}

/* 31 bits, or 32 if the number is negative. */
static bool fits(span digits, bool negative, int64_t *number)
{
	int64_t value = 0;
	for (size_t i = 0; i < digits.len && value <= UINT32_MAX; i++)
		value = value * 10 + (digits.ptr[i] - '0');
	*number = negative ? -value : value;
	return digits.len > 0 && *number >= INT32_MIN && *number <= INT32_MAX;
}

static bool valid_label(span label, bool leading_zeros)
{
	bool digits = true;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.ptr[i];
		digits = digits && version_is_digit(c);
		if (!version_is_digit(c) && !version_is_letter(c) && c != '-')
			return false;
	}
	return label.len > 0 && (leading_zeros || !digits || label.len == 1 || label.ptr[0] != '0');
}

static bool valid_labels(span text, bool leading_zeros)
{
	bool valid = text.len > 0 && text.ptr[text.len - 1] != '.';
	span label;
	while (valid && span_next(&text, '.', &label))
		valid = valid_label(label, leading_zeros);
	return valid;
}

static bool take_numbers(span *rest, span *numbers)
{
	bool valid = true;
	int64_t value;
	size_t count = 0;
	do {
		numbers[count] = version_take_digits(rest);
		valid = fits(numbers[count], false, &value) && valid;
	} while (version_take_char(rest, '.') && ++count < NUMBERS);
	return valid && count < NUMBERS;
}

static struct nuget_version split(span text)
{
	struct nuget_version version = {0};
	span rest = trim(text), metadata = SPAN("");
	bool has_metadata = span_cut(rest, '+', &rest, &metadata);
	version.valid = take_numbers(&rest, version.numbers) && (!has_metadata || valid_labels(metadata, true));
	bool has_labels = version_take_char(&rest, '-');
	version.labels = rest;
	version.valid = version.valid && (has_labels ? valid_labels(rest, false) : rest.len == 0);
	return version;
}

static bool is_number(span label, int64_t *value)
{
	bool negative = version_take_char(&label, '-');
	span digits = version_take_digits(&label);
	return label.len == 0 && fits(digits, negative, value);
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static int compare_texts(span a, span b)
{
	for (size_t i = 0; i < a.len && i < b.len; i++)
		if (upper(a.ptr[i]) != upper(b.ptr[i]))
			return (unsigned char)upper(a.ptr[i]) < (unsigned char)upper(b.ptr[i]) ? -1 : 1;
	return (a.len > b.len) - (a.len < b.len);
}

static int compare_labels(span a, span b)
{
	int64_t left = 0, right = 0;
	bool left_number = is_number(a, &left), right_number = is_number(b, &right);
	if (left_number && right_number)
		return (left > right) - (left < right);
	if (left_number != right_number)
		return left_number ? -1 : 1;
	return compare_texts(a, b);
}

/* A version without labels is the greatest. If the labels of one are the beginning of the other's, the longer list is
 * greater. */
static int compare_releases(span a, span b)
{
	if (a.len == 0 || b.len == 0)
		return (a.len == 0) - (b.len == 0);
	for (;;) {
		span left, right;
		bool more_left = span_next(&a, '.', &left), more_right = span_next(&b, '.', &right);
		if (!more_left || !more_right)
			return more_left - more_right;
		int order = compare_labels(left, right);
		if (order)
			return order;
	}
}

static int compare(span a, span b)
{
	struct nuget_version left = split(a), right = split(b);
	int order = 0;
	for (size_t i = 0; i < NUMBERS && order == 0; i++)
		order = version_compare_digits(left.numbers[i], right.numbers[i]);
	return order ? order : compare_releases(left.labels, right.labels);
}

static bool valid(span version)
{
	return split(version).valid;
}

static const char *const ecosystems[] = {"NuGet", NULL};

const struct version_scheme scheme_nuget = {
	.name = "nuget", .compare = compare, .valid = valid, .ecosystems = ecosystems};
