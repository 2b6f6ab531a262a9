/* rpm-version(7): how rpm orders packages.
 *
 *	version ::= [epoch ":"] version ["-" release]
 *
 * An epoch is digits up to a colon at the front, and 0 if it is absent. The release begins after the last hyphen. An
 * absent release is less than any other, even an empty one, as in rpm's own comparison. But an advisory that says "last
 * affected: 1.2" means every release of 1.2, as rpm's dependencies do ("Requires: foo = 1.2" is met by foo-1.2-3). */
#include "format/version.h"

static span skip_separators(span text)
{
	while (text.len > 0 && !version_is_digit(text.ptr[0]) && !version_is_letter(text.ptr[0]) && text.ptr[0] != '~' &&
	       text.ptr[0] != '^')
		text = span_from(text, 1);
	return text;
}

/* The kinds of the next token, the least first. A '~' is less than the end. A '^' is more than the end, but less than
 * further text. */
enum front { TILDE, END, CARET, LETTERS, DIGITS };

static enum front front_of(span text)
{
	if (text.len == 0)
		return END;
	if (text.ptr[0] == '~')
		return TILDE;
	if (text.ptr[0] == '^')
		return CARET;
	return version_is_digit(text.ptr[0]) ? DIGITS : LETTERS;
}

static int compare_segment(enum front front, span *a, span *b)
{
	if (front == DIGITS) {
		span left = version_take_digits(a), right = version_take_digits(b);
		return version_compare_digits(left, right);
	}
	if (front == LETTERS) {
		span left = version_take_letters(a), right = version_take_letters(b);
		return span_compare(left, right);
	}
	*a = span_from(*a, 1);
	*b = span_from(*b, 1);
	return 0;
}

static int compare_part(span a, span b)
{
	for (;;) {
		a = skip_separators(a);
		b = skip_separators(b);
		enum front left = front_of(a), right = front_of(b);
		if (left != right)
			return left < right ? -1 : 1;
		if (left == END)
			return 0;
		int order = compare_segment(left, &a, &b);
		if (order)
			return order;
	}
}

static int compare(span a, span b)
{
	struct version_evr left = version_split(a), right = version_split(b);
	int order = version_compare_digits(left.epoch, right.epoch);
	if (order == 0)
		order = compare_part(left.version, right.version);
	if (order == 0)
		order = left.has_release - right.has_release;
	return order ? order : compare_part(left.release, right.release);
}

static bool covers(span bound, span version)
{
	struct version_evr left = version_split(bound), right = version_split(version);
	return !left.has_release && version_compare_digits(left.epoch, right.epoch) == 0 &&
	       compare_part(left.version, right.version) == 0;
}

/* rpm orders any text. Texts that cannot be part of a package's file name are rejected here. */
static bool valid(span version)
{
	for (size_t i = 0; i < version.len; i++) {
		unsigned char c = (unsigned char)version.ptr[i];
		if (c <= ' ' || c == 0x7f || c == '/')
			return false;
	}
	struct version_evr parts = version_split(version);
	return parts.version.len > 0;
}

static const char *const ecosystems[] = {
	"AlmaLinux",    "Amazon Linux", "Azure Linux", "CentOS",   "Fedora", "Mageia",      "Oracle", "Oracle Linux",
	"Photon OS",    "Red Hat",      "Rocky Linux", "SUSE",     "openEuler", "openSUSE", NULL,
};

const struct version_scheme scheme_rpm = {
	.name = "rpm", .compare = compare, .valid = valid, .ecosystems = ecosystems, .covers = covers};
