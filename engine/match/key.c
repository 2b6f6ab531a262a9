#include "match/key.h"

#include "base/map.h"
#include "format/ecosystem.h"

#include <stdlib.h>
#include <string.h>

/* Red Hat's and AlmaLinux's records name binary packages. Those of other rpm distributions name source packages, as the
 * OSV schema says, and some name binary packages: both are looked up. */
static bool names_binaries(span ecosystem)
{
	span family = ecosystem_family(ecosystem);
	return span_is(family, "AlmaLinux") || span_is(family, "Red Hat");
}

static bool names_sources(const char *type)
{
	return strcmp(type, "deb") == 0 || strcmp(type, "apk") == 0;
}

/* ---- the epoch of a source rpm ------------------------------------------------------------------------------------ */

/*
 * An installed rpm names the file of its source package, "perl-5.32.1-481.el9.src.rpm", which lacks the epoch. A binary
 * package may have a version and an epoch of its own: perl-Errno 1.30-481.el9 is built from perl 4:5.32.1-481.el9. So the
 * source's epoch is known only from packages of that source which have its version and release: from perl-libs
 * 4:5.32.1-481.el9. Packages of one build share the release.
 */

static span without_epoch(const char *version)
{
	span before, after;
	return span_cut(span_of(version), ':', &before, &after) ? after : span_of(version);
}

/* The key that the packages of one build share: "perl 481.el9". */
static char *build_of(struct arena *arena, const struct tarsier_package *package)
{
	const char *dash = strrchr(package->source_version, '-');
	return arena_format(arena, "%s %s", package->source_name, dash ? dash + 1 : package->source_version);
}

/* Of two versions of one build, the one with an epoch is the source's; otherwise that of the package with the source's
 * name. */
static bool is_better(const struct tarsier_package *package, const char *known)
{
	bool has_epoch = strchr(package->version, ':') != NULL;
	if (!known || has_epoch != (strchr(known, ':') != NULL))
		return !known || has_epoch;
	return strcmp(package->name, package->source_name) == 0;
}

/* Maps builds to the source's version with its epoch. Returns false if memory ran out. */
static bool find_epochs(struct map *epochs, const struct tarsier_package *packages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct tarsier_package *package = &packages[i];
		if (strcmp(package->type, "rpm") != 0 || !span_equal(without_epoch(package->version), without_epoch(package->source_version)))
			continue;
		char *build = build_of(epochs->arena, package);
		if (!build)
			return false;
		if (is_better(package, map_get(epochs, span_of(build))) &&
		    !map_put(epochs, span_of(build), (void *)(uintptr_t)package->version))
			return false;
	}
	return true;
}

static int set_source(struct match_key *key, const struct map *epochs, const struct tarsier_package *package,
                      struct tarsier_error *error)
{
	char *build = build_of(epochs->arena, package);
	if (!build)
		return error_memory(error);
	const char *version = map_get(epochs, span_of(build));
	bool has_epoch = strchr(package->source_version, ':') != NULL;
	bool known = version && (strchr(version, ':') || strcmp(version, package->source_version) == 0);
	key->source = package->source_name;
	key->source_version = known && !has_epoch ? version : package->source_version;
	key->epoch_unknown = !known && !has_epoch;
	return TARSIER_OK;
}

/* ---- keys --------------------------------------------------------------------------------------------------------- */

static int make_key(struct arena *arena, const struct map *epochs, const struct tarsier_package *package,
                    struct match_key *key, struct tarsier_error *error)
{
	bool source = names_sources(package->type);
	key->ecosystem = ecosystem_key(arena, span_of(package->ecosystem));
	if (!key->ecosystem.ptr)
		return error_memory(error);
	key->name = package_key(arena, key->ecosystem, span_of(source ? package->source_name : package->name));
	if (!key->name)
		return error_memory(error);
	key->version = source ? package->source_version : package->version;
	key->module = package->module;
	key->rpm = strcmp(package->type, "rpm") == 0;
	key->source = key->source_version = "";
	if (!key->rpm || names_binaries(key->ecosystem) ||
	    strcmp(package->source_name, package->name) == 0)
		return TARSIER_OK;
	return set_source(key, epochs, package, error);
}

int match_key_compare(const void *a, const void *b)
{
	const struct match_key *one = a, *other = b;
	int order = span_compare(one->ecosystem, other->ecosystem);
	order = order ? order : strcmp(one->name, other->name);
	order = order ? order : strcmp(one->version, other->version);
	order = order ? order : one->rpm - other->rpm;
	order = order ? order : strcmp(one->module, other->module);
	order = order ? order : strcmp(one->source, other->source);
	return order ? order : strcmp(one->source_version, other->source_version); /* epoch_unknown follows from these two */
}

int match_keys(struct arena *arena, const struct tarsier_package *packages, size_t count, struct match_key **keys,
               size_t *key_count, struct tarsier_error *error)
{
	struct map epochs = {.arena = arena};
	*key_count = 0;
	*keys = arena_array(arena, count, sizeof **keys);
	int code = *keys && find_epochs(&epochs, packages, count) ? TARSIER_OK : error_memory(error);
	for (size_t i = 0; i < count && code >= 0; i++) {
		if (!*packages[i].ecosystem) /* not matched; the scan reports why */
			continue;
		(*keys)[*key_count].package = i;
		code = make_key(arena, &epochs, &packages[i], &(*keys)[(*key_count)++], error);
	}
	if (code >= 0 && *key_count)
		qsort(*keys, *key_count, sizeof **keys, match_key_compare);
	return code;
}
