#include "inventory/kernel.h"

#include "base/map.h"

#include <string.h>

static bool is_system_package(const struct tarsier_package *package)
{
	static const char *const types[] = {"deb", "rpm", "apk", "alpm"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strcmp(package->type, types[i]) == 0)
			return true;
	return false;
}

/* Names used by Debian, Ubuntu, the rpm distributions, SUSE and Alpine, with any flavour:
 * "linux-headers-6.1.0-18-amd64", "kernel-uek-headers", "kernel-default-devel", "linux-lts-dev". */
static bool is_headers(const char *name)
{
	span text = span_of(name);
	bool kernel = span_starts(text, "kernel-"), linux_like = span_starts(text, "linux-");
	if (kernel)
		return span_ends(text, "-headers") || span_ends(text, "-devel") || strcmp(name, "kernel-headers") == 0 ||
		       strcmp(name, "kernel-macros") == 0 || strcmp(name, "kernel-syms") == 0;
	return linux_like && (span_starts(text, "linux-headers") || span_starts(text, "linux-libc-dev") ||
	                      span_starts(text, "linux-kbuild-") || strcmp(name, "linux-api-headers") == 0 ||
	                      strcmp(name, "linux-glibc-devel") == 0 || span_ends(text, "-dev") ||
	                      strstr(name, "-headers-") != NULL);
}

/* "linux-image-6.1.0-18-amd64", "kernel-core", "kernel-default", "linux-lts": packages that boot, or depend on one. */
static bool is_image(const struct tarsier_package *package)
{
	span name = span_of(package->name);
	if (span_starts(name, "linux-image-") || span_starts(name, "linux-modules-"))
		return true;
	return strcmp(package->name, package->source_name) == 0 || span_ends(name, "-core") || span_ends(name, "-modules") ||
	       span_ends(name, "-default") || span_ends(name, "-base");
}

static bool is_kernel_source(const char *source)
{
	span name = span_of(source);
	return strcmp(source, "linux") == 0 || strcmp(source, "kernel") == 0 || span_starts(name, "linux-") ||
	       span_starts(name, "kernel-");
}

/* Ubuntu signs the images of "linux-hwe" in a source package "linux-signed-hwe". */
static const char *unsigned_source(struct arena *arena, const char *source)
{
	static const char mark[] = "linux-signed";
	size_t length = sizeof mark - 1;
	return strncmp(source, mark, length) == 0 ? arena_format(arena, "linux%s", source + length) : source;
}

/* Collects the sources of installed kernel images. Returns false if memory ran out. */
static bool find_images(struct map *sources, const struct tarsier_package *packages, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct tarsier_package *package = &packages[i];
		if (!is_system_package(package) || !is_kernel_source(package->source_name) || is_headers(package->name) ||
		    !is_image(package))
			continue;
		const char *source = unsigned_source(sources->arena, package->source_name);
		if (!source || !map_put(sources, span_of(source), (void *)(uintptr_t)package))
			return false;
	}
	return true;
}

int kernel_mark(struct tarsier_package *packages, size_t count, struct tarsier_error *error)
{
	struct arena scratch;
	arena_init(&scratch, NULL);
	struct map sources = {.arena = &scratch};
	bool done = find_images(&sources, packages, count);
	for (size_t i = 0; i < count && done; i++)
		packages[i].kernel = is_system_package(&packages[i]) && is_headers(packages[i].name) &&
		                     !map_get(&sources, span_of(packages[i].source_name));
	arena_free(&scratch);
	return done ? TARSIER_OK : error_memory(error);
}
