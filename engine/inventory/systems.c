/* the table of distributions: their package type and ecosystem */
#include "inventory/distro.h"

#include <string.h>

/* https://ossf.github.io/osv-schema/#defined-ecosystems defines how each ecosystem writes its release. Fedora, Oracle
 * and Amazon are not defined there; their names here follow the same form. A distribution without an ecosystem here is
 * not matched: one that derives from another (ID_LIKE) rebuilds and patches packages on its own, so its parent's
 * advisories may not apply. CentOS is the exception: it rebuilds Red Hat's sources and publishes no advisories. */
enum release { NONE, WHOLE, MAJOR, MAJOR_MINOR, ALPINE, HARDENED, OPENEULER, MARKETING };

static const struct system {
	const char *id, *package_type, *ecosystem;
	enum release release;
	bool borrowed;
} systems[] = {
	{"almalinux", "rpm", "AlmaLinux", MAJOR, false},
	{"alpaquita", "apk", "Alpaquita", WHOLE, false},
	{"alpine", "apk", "Alpine", ALPINE, false},
	{"amzn", "rpm", "Amazon Linux", WHOLE, false},
	{"arch", "alpm", "Arch Linux", NONE, false},
	{"azurelinux", "rpm", "Azure Linux", MAJOR, false},
	{"bellsoft-hardened-containers", "apk", "BellSoft Hardened Containers", WHOLE, false},
	{"centos", "rpm", "Red Hat", MAJOR, true},
	{"chainguard", "apk", "Chainguard", NONE, false},
	{"cleanstart", "apk", "CleanStart", NONE, false},
	{"clnstrt", "apk", "CleanStart", NONE, false},
	{"debian", "deb", "Debian", MAJOR, false},
	{"dhi", "", "Docker Hardened Images", HARDENED, false},
	{"echo", "deb", "Echo", NONE, false},
	{"fedora", "rpm", "Fedora", MAJOR, false},
	{"gentoo", "ebuild", "Gentoo", NONE, false},
	{"mageia", "rpm", "Mageia", MAJOR, false},
	{"mariner", "rpm", "Azure Linux", MAJOR, false},
	{"minimos", "apk", "MinimOS", NONE, false},
	{"ol", "rpm", "Oracle Linux", MAJOR, false},
	{"openeuler", "rpm", "openEuler", OPENEULER, false},
	{"photon", "rpm", "Photon OS", MAJOR_MINOR, false},
	{"rhel", "rpm", "Red Hat", MAJOR, false},
	{"rocky", "rpm", "Rocky Linux", MAJOR, false},
	{"ubuntu", "deb", "Ubuntu", MAJOR_MINOR, false},
	{"wolfi", "apk", "Wolfi", NONE, false},
};
static const struct system suse = {"suse", "rpm", "SUSE", MARKETING, false};
static const struct system opensuse = {"opensuse", "rpm", "openSUSE", MARKETING, false};

/* sles, sled, sle-micro, sle_hpc, sl-micro, opensuse, opensuse-leap, … */
const char *distro_vendor(const char *id)
{
	if (strcmp(id, "rhel") == 0)
		return "redhat";
	if (strncmp(id, "opensuse", 8) == 0)
		return "opensuse";
	return strncmp(id, "sle", 3) == 0 || strncmp(id, "sl-", 3) == 0 ? "suse" : id;
}

static const struct system *find_system(const char *id)
{
	const char *vendor = distro_vendor(id);
	if (strcmp(vendor, "suse") == 0)
		return &suse;
	if (strcmp(vendor, "opensuse") == 0)
		return &opensuse;
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
		if (strcmp(id, systems[i].id) == 0)
			return &systems[i];
	return NULL;
}

/* ---- the ecosystem's OSV name ------------------------------------------------------------------------------------ */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Returns the leading numbers of a version: "3.20.3" to two is "3.20". */
static span leading(const char *version, int numbers)
{
	size_t length = 0;
	while (is_digit(version[length]) || (version[length] == '.' && --numbers > 0))
		length++;
	return (span){version, length};
}

static const char *suffixed(struct arena *arena, const char *ecosystem, const char *mark, span release)
{
	if (!release.len)
		return ""; /* an unknown release matches nothing */
	return arena_format(arena, "%s:%s%.*s", ecosystem, mark, SPAN_WHOLE(release));
}

/* Edge has the version of the next release with "_alpha". */
static const char *alpine_ecosystem(struct arena *arena, const char *ecosystem, const struct distro *distro)
{
	if (strstr(distro->version, "_alpha"))
		return arena_format(arena, "%s:edge", ecosystem);
	return suffixed(arena, ecosystem, "v", leading(distro->version, 2));
}

/* Docker's integration guide for ID=dhi: ID_LIKE names the family, VERSION_ID its release: "…:Alpine:3.24". */
static const char *hardened_ecosystem(struct arena *arena, const char *ecosystem, const struct distro *distro)
{
	if (strstr(distro->id_like, "alpine"))
		return suffixed(arena, ecosystem, "Alpine:", leading(distro->version, 2));
	if (strstr(distro->id_like, "debian"))
		return suffixed(arena, ecosystem, "Debian:", leading(distro->version, 1));
	return "";
}

/* "openEuler 24.03 (LTS-SP1)" is "openEuler:24.03-LTS-SP1". Releases without LTS have no security advisories there. */
static const char *openeuler_ecosystem(struct arena *arena, const char *ecosystem, const struct distro *distro)
{
	span before, after, edition, rest;
	span_cut(span_of(distro->name), '(', &before, &after);
	span_cut(after, ')', &edition, &rest);
	if (!distro->version[0] || !span_starts(edition, "LTS"))
		return suffixed(arena, ecosystem, "", span_of(distro->version));
	return arena_format(arena, "%s:%s-%.*s", ecosystem, distro->version, SPAN_WHOLE(edition));
}

/* Marketing names: PRETTY_NAME without the first word, "SUSE:Linux Enterprise Server 15 SP5", "openSUSE:Leap 15.6". */
static const char *suse_ecosystem(struct arena *arena, const struct distro *distro)
{
	span brand, product;
	span_cut(span_of(distro->name), ' ', &brand, &product);
	if (span_is(brand, "SUSE"))
		return suffixed(arena, "SUSE", "", product);
	return span_is(brand, "openSUSE") ? suffixed(arena, "openSUSE", "", product) : "";
}

/* Returns "" if it has none; NULL if memory ran out. */
static const char *ecosystem_of(struct arena *arena, const struct system *system, const struct distro *distro)
{
	switch (system->release) {
	case NONE: return system->ecosystem;
	case WHOLE: return suffixed(arena, system->ecosystem, "", span_of(distro->version));
	case MAJOR: return suffixed(arena, system->ecosystem, "", leading(distro->version, 1));
	case MAJOR_MINOR: return suffixed(arena, system->ecosystem, "", leading(distro->version, 2));
	case ALPINE: return alpine_ecosystem(arena, system->ecosystem, distro);
	case HARDENED: return hardened_ecosystem(arena, system->ecosystem, distro);
	case OPENEULER: return openeuler_ecosystem(arena, system->ecosystem, distro);
	case MARKETING: return suse_ecosystem(arena, distro);
	}
	return "";
}

/* ---- the packages' type ------------------------------------------------------------------------------------------ */

/* For a distribution that is not in the table, derived from ID_LIKE. */
static const char *type_of_parents(const char *id_like)
{
	span rest = span_of(id_like), word;
	while (span_next(&rest, ' ', &word))
		for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
			if (span_is(word, systems[i].id) && systems[i].package_type[0])
				return systems[i].package_type;
	return strstr(id_like, "suse") ? "rpm" : "";
}

bool distro_settle(struct arena *arena, struct distro *distro)
{
	const struct system *system = find_system(distro->id);
	distro->package_type = system && system->package_type[0] ? system->package_type : type_of_parents(distro->id_like);
	distro->ecosystem = system ? ecosystem_of(arena, system, distro) : "";
	distro->borrowed = system && system->borrowed;
	return distro->ecosystem != NULL;
}

bool distro_has_type(const struct distro *distro, const char *type)
{
	return !distro->package_type[0] || strcmp(distro->package_type, type) == 0;
}
