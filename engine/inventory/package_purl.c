#include "format/purl.h"
#include "inventory/internal.h"
#include "inventory/inventory.h"

#include <string.h>

/* An rpm's purl has the epoch separate from the version: "1:3.0.7-27" gives "1", and *version "3.0.7-27". */
static const char *cut_epoch(struct arena *arena, const char **version)
{
	span epoch, after;
	uint64_t number;
	if (!span_cut(span_of(*version), ':', &epoch, &after) || !span_number(epoch, &number))
		return "";
	*version += epoch.len + 1;
	return span_copy(arena, epoch);
}

/* Returns the namespace of a name: the distribution, Gentoo's category, or the first part of a language's names ("@scope/name" of npm,
 * "github.com/owner/name" of Go, "group:artifact" of Maven). *name keeps the rest. Returns NULL if memory ran out. */
static const char *cut_namespace(struct arena *arena, const char *type, const struct distro *distro, const char **name)
{
	if (distro && strcmp(type, "ebuild") != 0)
		return distro_vendor(distro->id);
	const char *cut = strrchr(*name, '/');
	if (!cut)
		cut = strrchr(*name, ':');
	if (!cut || !cut[1])
		return "";
	span before = {*name, (size_t)(cut - *name)};
	*name = cut + 1;
	return span_copy(arena, before);
}

const char *purl_distro(struct arena *arena, const struct distro *distro)
{
	if (!distro || !distro->version[0])
		return distro ? distro->id : "";
	return arena_format(arena, "%s-%s", distro->id, distro->version);
}

const char *package_purl_qualified(struct arena *arena, const struct tarsier_package *package,
                                   const struct distro *distro, const char *qualifier)
{
	const char *name = package->name, *version = package->version, *epoch = "";
	const char *name_space = cut_namespace(arena, package->type, distro, &name);
	if (strcmp(package->type, "rpm") == 0)
		epoch = cut_epoch(arena, &version);
	if (!name_space || !epoch || !qualifier)
		return NULL;
	const struct purl_qualifier qualifiers[] = {
		{"arch", package->architecture},
		{"distro", qualifier},
		{"epoch", epoch},
	};
	return purl_write(arena, package->type, name_space, name, version, qualifiers,
	                  sizeof qualifiers / sizeof *qualifiers);
}

const char *package_purl(struct arena *arena, const struct tarsier_package *package, const struct distro *distro)
{
	return package_purl_qualified(arena, package, distro, purl_distro(arena, distro));
}
