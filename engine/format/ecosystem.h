/* OSV's ecosystems: which are distributions, how releases and packages are spelled */
#ifndef TARSIER_FORMAT_ECOSYSTEM_H
#define TARSIER_FORMAT_ECOSYSTEM_H

#include "base/span.h"

/* "Debian" of "Debian:12". */
span ecosystem_family(span ecosystem);
/* True for the ecosystem of a Linux distribution. */
bool ecosystem_is_distribution(span ecosystem);
/* The name under which the packages of a release are found: "Ubuntu:22.04:LTS" → "Ubuntu:22.04", "Rocky Linux:9.3" →
 * "Rocky Linux:9", "Red Hat:enterprise_linux:9::baseos" → "Red Hat:9". Returns an empty span if the ecosystem is not a
 * plain release: extended support ("Ubuntu:Pro:…", "Red Hat:rhel_eus:…") and layered products fix other builds than
 * the release's own. */
span ecosystem_key(struct arena *arena, span ecosystem);
/* One spelling of a package's name where an ecosystem allows several: PEP 503 for PyPI, lower case for NuGet and
 * Packagist. Returns NULL if memory runs out. */
const char *package_key(struct arena *arena, span ecosystem, span name);

#endif
