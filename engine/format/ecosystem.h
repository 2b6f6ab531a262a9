/* OSV's ecosystems: which are distributions, how releases and packages are spelled, and which are related */
#ifndef TARSIER_FORMAT_ECOSYSTEM_H
#define TARSIER_FORMAT_ECOSYSTEM_H

#include "base/span.h"

/* Returns "Debian" for "Debian:12". */
span ecosystem_family(span ecosystem);
/* Returns true if OSV, or a feed in its format, defines the ecosystem. */
bool ecosystem_is_known(span ecosystem);
/* Returns true for the ecosystem of a Linux distribution. */
bool ecosystem_is_distribution(span ecosystem);
/* Returns the ecosystem whose spelling and order of versions this one uses: "Root:Debian:12" → "Debian:12". Most use
 * their own. */
span ecosystem_base(span ecosystem);

/* Returns the key that records and packages of a release share: "Ubuntu:22.04:LTS" → "Ubuntu:22.04", "Rocky Linux:9.3"
 * → "Rocky Linux:9", "Red Hat:enterprise_linux:9::baseos" → "Red Hat:9". Records of another product get their own key:
 * "Ubuntu:Pro:22.04:LTS" → "Ubuntu:Pro:22.04", "Red Hat:rhel_eus:9.2::appstream" → "Red Hat:rhel_eus:9.2". Returns NULL
 * in .ptr if memory ran out. */
span ecosystem_key(struct arena *arena, span ecosystem);
/* Returns the key for a record's package, whose purl may be more precise: Rocky's special interest groups build their
 * own kernels, "Rocky Linux:8" with "distro=rocky-linux-8-sig-cloud" → "Rocky Linux:8:sig-cloud". */
span ecosystem_key_of(struct arena *arena, span ecosystem, span purl);

/* How records of one ecosystem relate to packages installed from another. Both are keys. */
enum ecosystem_relation {
	ECOSYSTEM_UNRELATED,
	ECOSYSTEM_SAME,     /* the same release, or records for all releases of it */
	ECOSYSTEM_MODULE,   /* a part of the same release: SUSE's modules, extensions and Package Hub */
	ECOSYSTEM_EXTENDED, /* longer support of the same release: Ubuntu Pro, Red Hat EUS and similar, SUSE LTSS */
	ECOSYSTEM_LAYERED,  /* another product for the same release: OpenShift, SUSE for SAP, a SIG's kernel */
};
enum ecosystem_relation ecosystem_relation(span installed, span record);

/* Returns a single spelling of a package's name for ecosystems that allow several: PEP 503 for PyPI, lower case for
 * NuGet and Packagist. Returns NULL if memory ran out. */
const char *package_key(struct arena *arena, span ecosystem, span name);

#endif
