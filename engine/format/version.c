#include "format/version.h"

#include "format/ecosystem.h"

#include <string.h>

#define X(name) extern const struct version_scheme scheme_##name;
#include "versions.def"
#undef X

static const struct version_scheme *const schemes[] = {
#define X(name) &scheme_##name,
#include "versions.def"
#undef X
};
enum { SCHEMES = sizeof schemes / sizeof *schemes };

static bool orders(const struct version_scheme *scheme, span ecosystem, bool (*is)(span a, const char *name))
{
	for (const char *const *name = scheme->ecosystems; *name; name++)
		if (is(ecosystem, *name))
			return true;
	return false;
}

/* Types of purls that neither a scheme nor an ecosystem has as its name. */
static const struct { const char *type, *ecosystem; } purl_types[] = {
	{"alpm", "Arch Linux"}, {"brew", "Homebrew"},     {"cargo", "crates.io"}, {"ebuild", "Gentoo"},
	{"golang", "Go"},       {"swift", "SwiftURL"},    {"githubactions", "GitHub Actions"},
};

static span ecosystem_of_purl(span type)
{
	for (size_t i = 0; i < sizeof purl_types / sizeof *purl_types; i++)
		if (span_is(type, purl_types[i].type))
			return span_of(purl_types[i].ecosystem);
	return type;
}

const struct version_scheme *version_scheme(const char *name)
{
	for (size_t i = 0; name && i < SCHEMES; i++)
		if (strcmp(schemes[i]->name, name) == 0)
			return schemes[i];
	span family = name ? ecosystem_family(ecosystem_base(ecosystem_of_purl(span_of(name)))) : SPAN("");
	for (size_t i = 0; i < SCHEMES; i++)
		if (orders(schemes[i], family, span_is_nocase))
			return schemes[i];
	return NULL;
}

const struct version_scheme *version_scheme_of_ecosystem(span ecosystem)
{
	span name = ecosystem_family(ecosystem_base(ecosystem));
	for (size_t i = 0; i < SCHEMES; i++)
		if (orders(schemes[i], name, span_is))
			return schemes[i];
	return NULL;
}

bool version_order(const struct version_scheme *scheme, span a, span b, int *order)
{
	bool known = (scheme->valid(a) && scheme->valid(b)) || (scheme->ordered && scheme->ordered(a, b));
	*order = known ? scheme->compare(a, b) : 0;
	return known;
}

/* A version that is invalid after its first numbers can be compared with all that differ before that place. */
bool version_is_usable(const struct version_scheme *scheme, span version)
{
	return scheme->valid(version) || (scheme->ordered && scheme->ordered(version, SPAN("0")));
}

bool version_is_meant(const struct version_scheme *scheme, span bound, span version)
{
	int order;
	if (!version_order(scheme, bound, version, &order))
		return false;
	return order == 0 || (scheme->covers && scheme->covers(bound, version));
}

static span take_while(span *rest, bool (*wanted)(char c))
{
	size_t length = 0;
	while (length < rest->len && wanted(rest->ptr[length]))
		length++;
	span run = {rest->ptr, length};
	*rest = span_from(*rest, length);
	return run;
}

span version_take_digits(span *rest)
{
	return take_while(rest, version_is_digit);
}

span version_take_letters(span *rest)
{
	return take_while(rest, version_is_letter);
}

span version_take_numbers(span *rest)
{
	span all = *rest;
	size_t length = version_take_digits(rest).len;
	while (length > 0 && rest->len > 1 && rest->ptr[0] == '.' && version_is_digit(rest->ptr[1])) {
		version_take_char(rest, '.');
		length += 1 + version_take_digits(rest).len;
	}
	return (span){all.ptr, length};
}

bool version_take_char(span *rest, char c)
{
	if (rest->len == 0 || rest->ptr[0] != c)
		return false;
	*rest = span_from(*rest, 1);
	return true;
}

struct version_evr version_split(span text)
{
	struct version_evr parts = {.epoch = SPAN(""), .release = SPAN("")};
	span rest = text, epoch = version_take_digits(&rest);
	if (version_take_char(&rest, ':')) {
		parts.epoch = epoch;
		text = rest;
	}
	ptrdiff_t hyphen = span_find_last(text, '-');
	parts.has_release = hyphen >= 0;
	parts.version = parts.has_release ? (span){text.ptr, (size_t)hyphen} : text;
	if (parts.has_release)
		parts.release = span_from(text, (size_t)hyphen + 1);
	return parts;
}

static span without_zeros(span digits)
{
	while (digits.len > 0 && digits.ptr[0] == '0')
		digits = span_from(digits, 1);
	return digits;
}

int version_compare_digits(span a, span b)
{
	a = without_zeros(a);
	b = without_zeros(b);
	if (a.len != b.len)
		return a.len < b.len ? -1 : 1;
	return span_compare(a, b);
}

int version_compare_numbers(span a, span b)
{
	int order = 0;
	while (order == 0 && (a.len > 0 || b.len > 0)) {
		span left = version_take_digits(&a), right = version_take_digits(&b);
		order = version_compare_digits(left, right);
		a = span_from(a, 1);
		b = span_from(b, 1);
	}
	return order;
}

/* ---- tarsier.h --------------------------------------------------------------------------------------------------- */

const char *const *tarsier_schemes(void)
{
	static const char *const names[] = {
#define X(name) #name,
#include "versions.def"
#undef X
		NULL};
	return names;
}

static int fail_order(const struct version_scheme *scheme, span a, span b, struct tarsier_error *error)
{
	span wrong = scheme->valid(a) ? b : a;
	return error_set(error, TARSIER_FORMAT, "\"%.*s\" is not a valid %s version", SPAN_ARG(wrong), scheme->name);
}

int tarsier_compare(const char *scheme, const char *a, const char *b, int *order, struct tarsier_error *error)
{
	const struct version_scheme *found = version_scheme(scheme);
	*order = 0;
	if (!found)
		return error_set(error, TARSIER_USAGE, "unknown version scheme \"%s\"; tarsier_schemes() lists them all",
		                 scheme ? scheme : "");
	if (!version_order(found, span_of(a), span_of(b), order))
		return fail_order(found, span_of(a), span_of(b), error);
	return TARSIER_OK;
}
