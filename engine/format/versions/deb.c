/* deb-version(7), as dpkg reads and orders it:
 *
 *	version ::= [epoch ":"] upstream ["-" revision]
 *
 * The epoch ends at the first colon, the revision begins after the last hyphen. Absent parts count as 0. */
#include "format/version.h"

struct deb_version {
	span epoch, upstream, revision;
};

static struct deb_version split(span version)
{
	struct deb_version parts = {.epoch = SPAN(""), .revision = SPAN("")};
	span before, after;
	if (span_cut(version, ':', &before, &after)) {
		parts.epoch = before;
		version = after;
	}
	ptrdiff_t hyphen = span_find_last(version, '-');
	parts.upstream = hyphen < 0 ? version : (span){version.ptr, (size_t)hyphen};
	if (hyphen >= 0)
		parts.revision = span_from(version, (size_t)hyphen + 1);
	return parts;
}

/* '~' sorts before everything, even the end; then the end and digits; then letters; then the rest. */
static int weight(span text)
{
	if (text.len == 0 || version_is_digit(text.ptr[0]))
		return 0;
	unsigned char c = (unsigned char)text.ptr[0];
	if (c == '~')
		return -1;
	return version_is_letter((char)c) ? c : c + 256;
}

static int compare_part(span a, span b)
{
	while (a.len > 0 || b.len > 0) {
		for (;;) {
			int left = weight(a), right = weight(b);
			if (left != right)
				return left < right ? -1 : 1;
			if (left == 0)
				break;
			a = span_from(a, 1);
			b = span_from(b, 1);
		}
		span left_digits = version_take_digits(&a), right_digits = version_take_digits(&b);
		int order = version_compare_digits(left_digits, right_digits);
		if (order)
			return order;
	}
	return 0;
}

static int compare(span a, span b)
{
	struct deb_version left = split(a), right = split(b);
	int order = version_compare_digits(left.epoch, right.epoch);
	if (order == 0)
		order = compare_part(left.upstream, right.upstream);
	return order ? order : compare_part(left.revision, right.revision);
}

/* dpkg rejects epochs above INT_MAX. */
static bool valid_epoch(span epoch)
{
	uint64_t number;
	return span_number(epoch, &number) && number <= INT32_MAX;
}

/* Accepts what dpkg orders, which is more than it allows in new packages: it only warns about unusual characters and a
 * first character that is not a digit, and such packages exist. The order of non-ASCII bytes depends on the platform's
 * char, so they are rejected. */
static bool valid(span version)
{
	for (size_t i = 0; i < version.len; i++)
		if (version.ptr[i] <= ' ' || version.ptr[i] > '~')
			return false;
	struct deb_version parts = split(version);
	if (span_find(version, ':') >= 0 && !valid_epoch(parts.epoch))
		return false;
	return parts.upstream.len > 0 && !span_ends(version, "-");
}

/* opam orders its versions as Debian does (opam's manual, "Version ordering"). */
static const char *const ecosystems[] = {"Debian", "Ubuntu", "Raspbian", "Echo", "opam", NULL};

const struct version_scheme scheme_deb = {.name = "deb", .compare = compare, .valid = valid, .ecosystems = ecosystems};
