/* detects rpms that a third party built */
#include "inventory/internal.h"

#include <string.h>

/*
 * An rpm names its vendor. Packages signed and published by the distribution have the distribution's. Repositories of
 * others (EPEL, Remi's, Docker's, a company's own) use the same names and other versions, so the distribution's
 * advisories do not apply to their packages.
 *
 * A package without a vendor is classified by the tag that rpmbuild appends to the release: "1.el8.remi" has a tag that
 * AlmaLinux 8 does not use, "2.fc39" is Fedora's.
 */

/* ---- by vendor --------------------------------------------------------------------------------------------------- */

/* The beginnings of vendor fields in the distributions' packages. */
static const struct builder { const char *id, *vendors[4]; } builders[] = {
	{"almalinux", {"AlmaLinux"}},
	{"amzn", {"Amazon"}},
	{"azurelinux", {"Microsoft"}},
	{"centos", {"CentOS", "Red Hat"}},
	{"fedora", {"Fedora Project"}},
	{"mageia", {"Mageia"}},
	{"mariner", {"Microsoft"}},
	{"ol", {"Oracle"}},
	{"openeuler", {"http://openeuler.org", "https://openeuler.org", "https://www.openeuler.org", "openEuler"}},
	{"opensuse", {"openSUSE", "SUSE"}},
	{"photon", {"VMware", "Broadcom"}},
	{"rhel", {"Red Hat"}},
	{"rocky", {"Rocky"}},
	{"suse", {"SUSE", "openSUSE"}},
};

static const struct builder *builder_of(const struct distro *distro)
{
	const char *vendor = distro_vendor(distro->id);
	const char *id = strcmp(vendor, "suse") == 0 || strcmp(vendor, "opensuse") == 0 ? vendor : distro->id;
	for (size_t i = 0; i < sizeof builders / sizeof *builders; i++)
		if (strcmp(id, builders[i].id) == 0)
			return &builders[i];
	return NULL;
}

static bool builder_has(const struct builder *builder, const char *vendor)
{
	if (strstr(vendor, "COPR")) /* "Fedora Project COPR (name)": anyone may build there */
		return false;
	for (size_t i = 0; i < sizeof builder->vendors / sizeof *builder->vendors && builder->vendors[i]; i++)
		if (strncmp(vendor, builder->vendors[i], strlen(builder->vendors[i])) == 0)
			return true;
	return false;
}

/* ---- by the release's tag ---------------------------------------------------------------------------------------- */

/* Tags begin a component of the release ("27.el9_2", "1.oe2403") and continue with a digit. */
static const struct tag { const char *text, *ids; } tags[] = {
	{"el", " almalinux centos ol rhel rocky "},
	{"fc", " fedora "},
	{"amzn", " amzn "},
	{"oe", " openeuler "},
	{"ph", " photon "},
	{"azl", " azurelinux "},
	{"cm", " mariner "},
	{"mga", " mageia "},
	{"rhel", " "}, /* PostgreSQL's and others' repositories; Red Hat's own packages have "el" */
};

/* Returns "9" for "9_2" and the tag "el"; empty if the component does not begin with the tag. */
static span tag_release(span component, const char *tag)
{
	size_t length = strlen(tag), digits = 0;
	if (!span_starts(component, tag))
		return (span){"", 0};
	component = span_from(component, length);
	while (digits < component.len && component.ptr[digits] >= '0' && component.ptr[digits] <= '9')
		digits++;
	return (span){component.ptr, digits};
}

static bool tag_is_for(const struct tag *tag, const char *id)
{
	const char *at = strstr(tag->ids, id);
	return at && at[-1] == ' ' && at[strlen(id)] == ' ';
}

/* Red Hat and its rebuilds add their name after the tag: "1.el8.rocky.0.1", "5.el9_4.alma.2". */
static bool is_own_suffix(span component)
{
	static const char *const own[] = {"alma", "rocky", "centos", "redhat", "openela"};
	bool word = component.len && ((component.ptr[0] | 0x20) >= 'a' && (component.ptr[0] | 0x20) <= 'z');
	for (size_t i = 0; word && i < sizeof own / sizeof *own; i++)
		if (span_starts(component, own[i]))
			return true;
	return !word;
}

static bool same_major(span release, const char *version)
{
	return !release.len || (strncmp(version, release.ptr, release.len) == 0 &&
	                        !(version[release.len] >= '0' && version[release.len] <= '9'));
}

/* Returns true if the tag of one component, with the text after it, belongs to another builder. */
static bool is_foreign_component(const struct distro *distro, span component, span rest)
{
	span next;
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
		span release = tag_release(component, tags[i].text);
		if (!release.len)
			continue;
		if (!tag_is_for(&tags[i], distro->id))
			return true;
		if (strcmp(tags[i].text, "el") != 0)
			return false;
		return !same_major(release, distro->version) || (span_next(&rest, '.', &next) && !is_own_suffix(next));
	}
	return false;
}

static bool has_tag(const struct distro *distro)
{
	for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
		if (tag_is_for(&tags[i], distro->id))
			return true;
	return false;
}

/* The release follows the last '-' of the version. It tells nothing on a system without a tag of its own. */
static bool has_foreign_tag(const struct distro *distro, const char *version)
{
	span all = span_of(version), rest, component;
	ptrdiff_t dash = span_find_last(all, '-');
	rest = dash < 0 ? (span){"", 0} : span_from(all, (size_t)dash + 1);
	while (has_tag(distro) && span_next(&rest, '.', &component))
		if (is_foreign_component(distro, component, rest))
			return true;
	return false;
}

bool is_third_party(const struct distro *distro, const struct package *package)
{
	const struct builder *builder = builder_of(distro);
	if (!builder || strcmp(package->type, "rpm") != 0)
		return false;
	if (package->vendor[0])
		return !builder_has(builder, package->vendor);
	return has_foreign_tag(distro, package->version);
}
