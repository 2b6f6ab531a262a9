/* finds the layer that installed a package */
#include "inventory/internal.h"

#include <stdlib.h>
#include <string.h>

static int compare_packages(const struct package *a, const struct package *b)
{
	int order = strcmp(a->type, b->type);
	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = strcmp(a->version, b->version);
	return order ? order : strcmp(a->architecture, b->architecture);
}

static int compare_origins(const void *a, const void *b)
{
	return compare_packages(((const struct package_origin *)a)->package, ((const struct package_origin *)b)->package);
}

static int compare_pointers(const void *a, const void *b)
{
	return compare_packages(*(const struct package *const *)a, *(const struct package *const *)b);
}

/* Walks both sorted sides in parallel. Returns true if a package is still held. */
static bool ask_layer(struct package_origin *origins, size_t count, const struct package **below, size_t below_count,
                      size_t layer)
{
	bool any = false;
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		if (!origins[i].held)
			continue;
		while (at < below_count && compare_packages(below[at], origins[i].package) < 0)
			at++;
		origins[i].held = at < below_count && compare_packages(below[at], origins[i].package) == 0;
		if (origins[i].held)
			origins[i].layer = layer, any = true;
	}
	return any;
}

int origins_find(struct arena *arena, const struct overlay_file *file, struct package_origin *origins)
{
	size_t count = file->file->package_count, largest = 0;
	for (const struct overlay_file *below = file->before; below; below = below->before)
		if (below->file->package_count > largest)
			largest = below->file->package_count;
	const struct package **sorted = arena_array(arena, largest, sizeof *sorted);
	if (!sorted)
		return TARSIER_MEMORY;
	qsort(origins, count, sizeof *origins, compare_origins);
	for (const struct overlay_file *below = file->before; below; below = below->before) {
		size_t below_count = below->file->package_count;
		for (size_t i = 0; i < below_count; i++)
			sorted[i] = &below->file->packages[i];
		if (below_count)
			qsort(sorted, below_count, sizeof *sorted, compare_pointers);
		if (!ask_layer(origins, count, sorted, below_count, below->layer))
			break;
	}
	return TARSIER_OK;
}
