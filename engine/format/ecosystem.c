#include "format/ecosystem.h"

#include <string.h>

span ecosystem_family(span ecosystem)
{
	span family, release;
	span_cut(ecosystem, ':', &family, &release);
	return family;
}

bool ecosystem_is_distribution(span ecosystem)
{
	static const char *const names[] = {
		"Debian", "Ubuntu", "Alpine", "AlmaLinux", "Rocky Linux", "Red Hat", "SUSE", "openSUSE", "Mageia", "openEuler",
		"Photon OS", "Azure Linux", "Wolfi", "Chainguard", "Alpaquita", "BellSoft Hardened Containers", "MinimOS", "Echo",
		"CleanStart", "Docker Hardened Images", "Oracle Linux", "Amazon Linux", NULL};
	span family = ecosystem_family(ecosystem);
	for (const char *const *name = names; *name; name++)
		if (span_is(family, *name))
			return true;
	return false;
}

static bool starts_with_digit(span text)
{
	return text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9';
}

/* "9.3" → "9" */
static span major_of(span release)
{
	span major, rest;
	span_cut(release, '.', &major, &rest);
	return major;
}

/* "9", "9.4", "enterprise_linux:9::baseos" → "9"; anything else is another product. */
static span red_hat_release(span release)
{
	if (span_starts(release, "enterprise_linux:"))
		release = span_from(release, strlen("enterprise_linux:"));
	if (!starts_with_digit(release))
		return (span){"", 0};
	return major_of(ecosystem_family(release));
}

span ecosystem_key(struct arena *arena, span ecosystem)
{
	span family, release, plain;
	if (!span_cut(ecosystem, ':', &family, &release))
		return ecosystem;
	if (span_is(family, "Ubuntu"))
		plain = starts_with_digit(release) ? ecosystem_family(release) : (span){"", 0};
	else if (span_is(family, "Red Hat"))
		plain = red_hat_release(release);
	else if (span_is(family, "AlmaLinux") || span_is(family, "Rocky Linux") || span_is(family, "Debian"))
		plain = major_of(release);
	else
		return ecosystem;
	if (plain.len == 0)
		return (span){"", 0};
	if (plain.ptr + plain.len == ecosystem.ptr + ecosystem.len && plain.ptr == release.ptr)
		return ecosystem;
	return span_of(arena_format(arena, "%.*s:%.*s", SPAN_ARG(family), SPAN_ARG(plain)));
}

/* ---- package names ----------------------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* PEP 503: lower case, and each run of '-', '_' and '.' becomes one '-'. */
static void make_pep503(char *name)
{
	char *out = name;
	for (const char *in = name; *in; in++) {
		bool separator = *in == '-' || *in == '_' || *in == '.';
		if (!separator)
			*out++ = lower(*in);
		else if (out == name || out[-1] != '-')
			*out++ = '-';
	}
	*out = '\0';
}

const char *package_key(struct arena *arena, span ecosystem, span name)
{
	char *copy = span_copy(arena, name);
	if (!copy)
		return NULL;
	if (span_is(ecosystem, "PyPI"))
		make_pep503(copy);
	else if (span_is(ecosystem, "NuGet") || span_is(ecosystem, "Packagist"))
		for (char *c = copy; *c; c++)
			*c = lower(*c);
	return copy;
}
