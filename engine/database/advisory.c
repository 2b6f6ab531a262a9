#include "database/advisory.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

bool begins_with_date(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return false;
	return true;
}

/* ---- CVE ids ------------------------------------------------------------------------------------------------------
 *
 *	"CVE-" year(4 digits) "-" sequence(4 digits or more, no needless zeros)
 *
 * The number holds the year since 1999 in its upper byte and the sequence below: 16,777,215 a year, ten times what
 * the largest reserved block has reached. A longer sequence makes an id like any other, not a CVE. */
enum { CVE_FIRST_YEAR = 1999, CVE_YEARS = 128, CVE_SEQUENCE_BITS = 24 };

uint32_t cve_number(span id)
{
	uint64_t year, sequence;
	if (id.len < 13 || strncasecmp(id.ptr, "CVE-", 4) != 0 || id.ptr[8] != '-')
		return 0;
	span digits = span_from(id, 9);
	if (!span_number((span){id.ptr + 4, 4}, &year) || !span_number(digits, &sequence))
		return 0;
	if (digits.len > 4 && digits.ptr[0] == '0')
		return 0;
	if (year < CVE_FIRST_YEAR || year >= CVE_FIRST_YEAR + CVE_YEARS || sequence >> CVE_SEQUENCE_BITS)
		return 0;
	return (uint32_t)((year - CVE_FIRST_YEAR) << CVE_SEQUENCE_BITS | sequence);
}

const char *cve_name(uint32_t number, char name[CVE_NAME_SIZE])
{
	snprintf(name, CVE_NAME_SIZE, "CVE-%u-%04u", (number >> CVE_SEQUENCE_BITS) + CVE_FIRST_YEAR,
	         number & ((1u << CVE_SEQUENCE_BITS) - 1));
	return name;
}

uint32_t cve_tracked(span id)
{
	ptrdiff_t dash = span_find(id, '-');
	return dash > 0 ? cve_number(span_from(id, (size_t)dash + 1)) : 0;
}

/* ---- ecosystems -------------------------------------------------------------------------------------------------- */

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

/* ---- the beginning of a JSON text -------------------------------------------------------------------------------- */

static span skip_space(span text)
{
	while (text.len && (text.ptr[0] == ' ' || (text.ptr[0] >= '\t' && text.ptr[0] <= '\r')))
		text = span_from(text, 1);
	return text;
}

/* The text between quotes, as written; what follows it is left in *rest. False where the head ends first. */
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

/* Past one value and the comma behind it. False where the head or the object ends first. */
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
