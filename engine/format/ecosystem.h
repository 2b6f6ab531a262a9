/* OSV's ecosystems: which are distributions, how releases and packages are spelled, and what belongs to what */
#ifndef TARSIER_FORMAT_ECOSYSTEM_H
#define TARSIER_FORMAT_ECOSYSTEM_H

#include "base/span.h"

/* "Debian" of "Debian:12". */
span ecosystem_family(span ecosystem);
/* Returns true if OSV, or a feed in its format, defines the ecosystem. */
bool ecosystem_is_known(span ecosystem);
/* Returns true for the ecosystem of a Linux distribution. */
bool ecosystem_is_distribution(span ecosystem);
/* The ecosystem whose spelling and order of versions this one has: "Root:Debian:12" → "Debian:12". Most are their own. */
span ecosystem_base(span ecosystem);

/* The name under which records and packages of a release meet: "Ubuntu:22.04:LTS" → "Ubuntu:22.04", "Rocky Linux:9.3" →
 * "Rocky Linux:9", "Red Hat:enterprise_linux:9::baseos" → "Red Hat:9". Records of another product keep a name of their
 * own: "Ubuntu:Pro:22.04:LTS" → "Ubuntu:Pro:22.04", "Red Hat:rhel_eus:9.2::appstream" → "Red Hat:rhel_eus:9.2".
 * Returns NULL in .ptr if memory runs out. */
span ecosystem_key(struct arena *arena, span ecosystem);
/* The same for a record's package, whose purl may say more: Rocky's special interest groups build kernels of their own,
 * "Rocky Linux:8" with "distro=rocky-linux-8-sig-cloud" → "Rocky Linux:8:sig-cloud". */
span ecosystem_key_of(struct arena *arena, span ecosystem, span purl);

/* What records of one ecosystem say of packages that are installed from another; both are keys. */
enum ecosystem_relation {
	ECOSYSTEM_UNRELATED,
	ECOSYSTEM_SAME,     /* the same release, or records for all releases of it */
	ECOSYSTEM_MODULE,   /* a part of the same release: SUSE's modules, extensions and Package Hub */
	ECOSYSTEM_EXTENDED, /* longer support of the same release: Ubuntu Pro, Red Hat EUS and kin, SUSE LTSS */
	ECOSYSTEM_LAYERED,  /* another product for the same release: OpenShift, SUSE for SAP, a SIG's kernel */
};
enum ecosystem_relation ecosystem_relation(span installed, span record);

/* One spelling of a package's name where an ecosystem allows several: PEP 503 for PyPI, lower case for NuGet and
 * Packagist. Returns NULL if memory runs out. */
const char *package_key(struct arena *arena, span ecosystem, span name);

#endif
