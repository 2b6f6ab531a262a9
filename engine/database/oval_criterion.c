#include "database/oval_criterion.h"

#include <string.h>

/*
 * Tests, objects and states follow all definitions, in files of hundreds of megabytes. The comments of criteria repeat what
 * they say, in each publisher's own words, so that a definition is known at its end:
 *
 *	bind is earlier than 30:9.3.3-8.el5                       Oracle, AlmaLinux, Photon
 *	Package golang is earlier than 1.20.7-1, affected by CVE-2023-29404      Azure Linux
 *	Package bind is installed with version 9.16.33-1 or earlier              Azure Linux, without a fix
 *	fastjar-0.98-lp152.4.3.1 is installed                     SUSE: the test is "less than"
 *	cron less than 4.1-70                                     SUSE, until 2012
 *	kernel-default is not affected, kernel-default is affected SUSE
 */

/* Cuts at the first "needle": true if it is there. */
static bool cut(span text, const char *needle, span *before, span *after)
{
	size_t length = strlen(needle);
	const char *found = text.len ? memmem(text.ptr, text.len, needle, length) : NULL;
	if (!found)
		return false;
	*before = (span){text.ptr, (size_t)(found - text.ptr)};
	*after = span_from(text, before->len + length);
	return true;
}

/* A version ends where the sentence goes on. Azure Linux lists the fixes of several branches: "1.18.8-2,1.21.6-1", of which
 * the last is the newest. */
static span version_of(span text)
{
	span version = span_trim(text);
	size_t length = 0;
	while (length < version.len && version.ptr[length] != ' ')
		length++;
	if (length && version.ptr[length - 1] == ',')
		length--;
	version.len = length;
	return span_from(version, (size_t)(span_find_last(version, ',') + 1));
}

/* "krb5-client-1.12.2-3.1" → name and version. A name without one: SUSE has no such criteria for packages. */
static struct oval_criterion nevr(span text)
{
	ptrdiff_t release = span_find_last(text, '-');
	ptrdiff_t version = release > 0 ? span_find_last((span){text.ptr, (size_t)release}, '-') : -1;
	if (version <= 0)
		return (struct oval_criterion){.kind = OVAL_OTHER};
	return (struct oval_criterion){.kind = OVAL_PACKAGE, .name = {text.ptr, (size_t)version},
	                               .version = span_from(text, (size_t)version + 1)};
}

static struct oval_criterion installed(span text)
{
	bool release = span_find(text, ' ') >= 0 || span_find(text, '-') < 0;
	return release ? (struct oval_criterion){.kind = OVAL_RELEASE, .name = text} : nevr(text);
}

static struct oval_criterion package(span name, span version, bool last, enum advisory_status status)
{
	return (struct oval_criterion){OVAL_PACKAGE, name, version, last, status};
}

struct oval_criterion oval_criterion(span comment)
{
	span text = span_starts(comment, "Package ") ? span_from(comment, 8) : comment, name, rest, number;
	if (cut(text, " is earlier than ", &name, &rest) || cut(text, " less than ", &name, &rest))
		return package(name, version_of(rest), false, STATUS_UNSTATED);
	if (cut(text, " is installed with version ", &name, &rest) && cut(rest, " or earlier", &number, &rest))
		return package(name, version_of(number), true, STATUS_AFFECTED);
	if (cut(text, " is greater than ", &name, &rest))
		return (struct oval_criterion){.kind = OVAL_ABOVE, .name = name, .version = version_of(rest)};
	if (cut(text, " is not affected", &name, &rest))
		return package(name, SPAN(""), false, STATUS_NOT_AFFECTED);
	if (cut(text, " is affected", &name, &rest))
		return package(name, SPAN(""), false, STATUS_AFFECTED);
	if (span_starts(text, "Module ") && cut(span_from(text, 7), " is enabled", &name, &rest))
		return (struct oval_criterion){.kind = OVAL_MODULE, .name = name};
	if (cut(text, " is installed", &name, &rest))
		return installed(name);
	return (struct oval_criterion){.kind = OVAL_OTHER};
}

/* Azure Linux has no entry: its definitions do not name the release. */
const char *oval_ecosystem(struct arena *arena, span release)
{
	static const struct { const char *begins, *ecosystem; } products[] = {
		{"Oracle Linux ", "Oracle Linux"}, {"AlmaLinux ", "AlmaLinux"}, {"Photon OS ", "Photon OS"}, {"Photon ", "Photon OS"},
		{"openSUSE ", "openSUSE"}, {"SUSE ", "SUSE"},
	};
	for (size_t i = 0; i < sizeof products / sizeof *products; i++) {
		span number = span_from(release, strlen(products[i].begins));
		if (!span_starts(release, products[i].begins) || !number.len)
			continue;
		bool whole = strcmp(products[i].ecosystem, "Photon OS") == 0 && span_find(number, '.') < 0;
		return arena_format(arena, "%s:%.*s%s", products[i].ecosystem, SPAN_WHOLE(number), whole ? ".0" : "");
	}
	return "";
}
