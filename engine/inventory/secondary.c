/* drops packages that were found better elsewhere */
#include "inventory/internal.h"
#include "inventory/system_check.h"

#include <string.h>

static bool is_secondary(const struct tarsier_package *package)
{
	for (const struct reader *const *reader = readers_all; *reader; reader++)
		if (strcmp((*reader)->name, package->reader) == 0)
			return (*reader)->secondary;
	return false;
}

/* Returns what two records of one package have in common: the purl without qualifiers. A system's package is the same
 * without its epoch, which some records leave out, and under any vendor. Returns NULL if memory ran out. */
static const char *key_of(struct arena *arena, const struct tarsier_package *package)
{
	span version = span_of(package->version), epoch, rest;
	uint64_t number;
	if (!type_is_system(package->type))
		return arena_format(arena, "%.*s", (int)strcspn(package->purl, "?"), package->purl);
	if (span_cut(version, ':', &epoch, &rest) && span_number(epoch, &number))
		version = rest;
	return arena_format(arena, "%s/%s@%s", package->type, package->name, version.ptr);
}

bool secondaries_drop(struct package_list *list, const struct tarsier_allocator *allocator)
{
	struct arena scratch;
	arena_init(&scratch, allocator);
	struct map known = {.arena = &scratch};
	size_t kept = 0, secondaries = 0;
	bool ok = true;
	for (size_t i = 0; i < list->count; i++)
		secondaries += is_secondary(&list->items[i]);
	for (int round = 0; secondaries && round < 2 && ok; round++) {
		for (size_t i = 0; i < list->count && ok; i++) {
			struct tarsier_package *package = &list->items[i];
			if (is_secondary(package) != (round == 1))
				continue;
			const char *key = key_of(&scratch, package);
			if (key && round == 1 && map_get(&known, span_of(key)))
				package->type = NULL; /* to be dropped */
			ok = key && map_put(&known, span_of(key), package);
		}
	}
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type)
			list->items[kept++] = list->items[i];
	list->count = kept;
	arena_free(&scratch);
	return ok;
}
