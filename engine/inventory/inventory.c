#include "inventory/inventory.h"
#include "base/map.h"
#include "format/purl.h"

#include <stdlib.h>
#include <string.h>

#define X(name) extern const struct reader reader_##name;
#include "readers.def"
#undef X

const struct reader *const readers_all[] = {
#define X(name) &reader_##name,
#include "readers.def"
#undef X
	NULL,
};

/* ---- which layer brought a package ------------------------------------------------------------------------------- */

struct row { /* one package of the topmost file, while the layers below are asked for it */
	const struct package *package;
	size_t layer;
	bool held; /* by every layer asked so far */
};

static int compare_packages(const struct package *a, const struct package *b)
{
	int order = strcmp(a->type, b->type);
	if (!order)
		order = strcmp(a->name, b->name);
	if (!order)
		order = strcmp(a->version, b->version);
	return order ? order : strcmp(a->architecture, b->architecture);
}

static int compare_rows(const void *a, const void *b)
{
	return compare_packages(((const struct row *)a)->package, ((const struct row *)b)->package);
}

static int compare_pointers(const void *a, const void *b)
{
	return compare_packages(*(const struct package *const *)a, *(const struct package *const *)b);
}

/* Both sides sorted: walks them side by side. True while some package is still held. */
static bool ask_layer(struct row *rows, size_t count, const struct package **below, size_t below_count, size_t layer)
{
	bool any = false;
	size_t at = 0;
	for (size_t i = 0; i < count; i++) {
		if (!rows[i].held)
			continue;
		while (at < below_count && compare_packages(below[at], rows[i].package) < 0)
			at++;
		rows[i].held = at < below_count && compare_packages(below[at], rows[i].package) == 0;
		if (rows[i].held)
			rows[i].layer = layer, any = true;
	}
	return any;
}

/* A file below that could not be read holds, for all we know, nothing. */
static int ask_layers_below(struct arena *arena, const struct overlay_file *file, struct row *rows)
{
	size_t count = file->file->package_count, largest = 0;
	for (const struct overlay_file *below = file->before; below; below = below->before)
		if (below->file->package_count > largest)
			largest = below->file->package_count;
	const struct package **sorted = arena_array(arena, largest, sizeof *sorted);
	if (!sorted)
		return TARSIER_MEMORY;
	qsort(rows, count, sizeof *rows, compare_rows);
	for (const struct overlay_file *below = file->before; below; below = below->before) {
		size_t below_count = below->file->package_count;
		for (size_t i = 0; i < below_count; i++)
			sorted[i] = &below->file->packages[i];
		if (below_count)
			qsort(sorted, below_count, sizeof *sorted, compare_pointers);
		if (!ask_layer(rows, count, sorted, below_count, below->layer))
			break;
	}
	return TARSIER_OK;
}

/* ---- what belongs to the distribution's packages ----------------------------------------------------------------- */

static bool own_all(struct map *owners, const struct overlay_file *owner)
{
	for (size_t i = 0; i < owner->file->owned_count; i++) {
		span path = span_of(owner->file->owned[i]);
		const struct overlay_file *other = map_get(owners, path);
		if ((!other || other->layer < owner->layer) && !map_put(owners, path, (void *)(uintptr_t)owner))
			return false;
	}
	return true;
}

/* From the path of evidence to the package database that says whose it is. Nothing for a distribution that no feed
 * covers: there the language's feed is all there is. */
static bool find_owners(struct map *owners, const struct overlay_file *const *files, size_t count,
                        const struct distro *distro)
{
	for (size_t i = 0; i < count && distro->ecosystem[0]; i++)
		if (!own_all(owners, files[i]))
			return false;
	return true;
}

/* A file from a layer above its owner's last word is not what the owner brought: pip has written over it, say. */
static bool is_owned(const struct map *owners, const struct overlay_file *file)
{
	const struct overlay_file *owner = map_get(owners, span_of(file->path));
	return owner && file->layer <= owner->layer;
}

/* ---- from a reader's package to the public one ------------------------------------------------------------------- */

struct build {
	struct arena *arena;
	const struct distro *distro;
	const char *qualifier; /* "debian-12" */
	size_t before;         /* what the arena held before the packages */
	struct map owners;
	struct package_list *list;
};

/* rpm's purl has the epoch beside the version: "1:3.0.7-27" gives "1", and *version "3.0.7-27". */
static const char *cut_epoch(struct arena *arena, const char **version)
{
	span epoch, after;
	uint64_t number;
	if (!span_cut(span_of(*version), ':', &epoch, &after) || !span_number(epoch, &number))
		return "";
	*version += epoch.len + 1;
	return span_copy(arena, epoch);
}

/* The first half of a name: the distribution, or what a language's own names begin with ("@scope/name" of npm,
 * "github.com/owner/name" of Go, "group:artifact" of Maven). *name is left with the rest. NULL when memory ran out. */
static const char *cut_namespace(struct arena *arena, const struct distro *distro, const char **name)
{
	if (distro)
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

/* "debian-12"; "" where there is no distribution; NULL when memory ran out */
static const char *qualifier_of(struct arena *arena, const struct distro *distro)
{
	if (!distro || !distro->version[0])
		return distro ? distro->id : "";
	return arena_format(arena, "%s-%s", distro->id, distro->version);
}

static const char *write_purl(struct arena *arena, const struct tarsier_package *package, const struct distro *distro,
                              const char *qualifier)
{
	const char *name = package->name, *version = package->version, *epoch = "";
	const char *name_space = cut_namespace(arena, distro, &name);
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
	return write_purl(arena, package, distro, qualifier_of(arena, distro));
}

static bool fill(const struct build *build, struct tarsier_package *into, const struct package *from)
{
	struct arena *arena = build->arena;
	bool of_distro = !from->ecosystem[0];
	into->type = arena_string(arena, from->type);
	into->name = arena_string(arena, from->name);
	into->version = arena_string(arena, from->version);
	into->architecture = arena_string(arena, from->architecture);
	into->ecosystem = of_distro ? build->distro->ecosystem : arena_string(arena, from->ecosystem);
	into->source_name = from->source_name[0] ? arena_string(arena, from->source_name) : into->name;
	into->source_version = from->source_version[0] ? arena_string(arena, from->source_version) : into->version;
	if (!into->type || !into->name || !into->version || !into->architecture || !into->ecosystem || !into->source_name ||
	    !into->source_version)
		return false;
	into->purl = write_purl(arena, into, of_distro ? build->distro : NULL, of_distro ? build->qualifier : "");
	return into->purl != NULL;
}

static int add_rows(const struct build *build, const struct overlay_file *file, const struct row *rows,
                    struct tarsier_error *error)
{
	struct package_list *list = build->list;
	const char *path = arena_string(build->arena, file->path);
	bool owned = is_owned(&build->owners, file);
	if (!path)
		return error_memory(error);
	for (size_t i = 0; i < file->file->package_count; i++) {
		if (owned && rows[i].package->ecosystem[0])
			continue;
		struct tarsier_package *package = &list->items[list->count];
		package->path = path;
		package->reader = file->reader->name;
		package->layer = rows[i].layer;
		if (!fill(build, package, rows[i].package))
			return error_memory(error);
		list->count++;
		if (build->arena->used - build->before > IMAGE_PACKAGES_BYTES)
			return error_set(error, TARSIER_LIMIT, "the image's packages have names and versions of more than %d MiB",
			                 IMAGE_PACKAGES_BYTES >> 20);
	}
	return TARSIER_OK;
}

static int add_packages(const struct build *build, const struct overlay_file *file, struct tarsier_error *error)
{
	struct arena scratch;
	int code = TARSIER_OK;
	arena_init(&scratch, &build->arena->allocator);
	size_t count = file->file->package_count;
	struct row *rows = arena_array(&scratch, count, sizeof *rows);
	for (size_t i = 0; rows && i < count; i++)
		rows[i] = (struct row){&file->file->packages[i], file->layer, true};
	if (!rows || (file->before && ask_layers_below(&scratch, file, rows) < 0))
		code = error_memory(error);
	else
		code = add_rows(build, file, rows, error);
	arena_free(&scratch);
	return code;
}

static int add_problem(const struct build *build, const char *path, const char *message, size_t layer,
                       struct tarsier_error *error)
{
	struct package_list *list = build->list;
	list->problems = arena_grow(build->arena, list->problems, list->problem_count, &list->problem_capacity,
	                            sizeof *list->problems);
	const char *subject = arena_string(build->arena, path), *text = arena_string(build->arena, message);
	if (!list->problems || !subject || !text)
		return error_memory(error);
	list->problems[list->problem_count++] =
		(struct tarsier_problem){.kind = TARSIER_PROBLEM_UNREADABLE, .subject = subject, .message = text, .layer = layer};
	return TARSIER_OK;
}

/* ---- all files --------------------------------------------------------------------------------------------------- */

static int compare_files(const void *a, const void *b)
{
	const struct overlay_file *x = *(const struct overlay_file *const *)a, *y = *(const struct overlay_file *const *)b;
	if (x->file != y->file)
		return (uintptr_t)x->file < (uintptr_t)y->file ? -1 : 1;
	return strcmp(x->path, y->path);
}

static int compare_paths(const void *a, const void *b)
{
	const struct overlay_file *x = *(const struct overlay_file *const *)a, *y = *(const struct overlay_file *const *)b;
	return strcmp(x->path, y->path);
}

/* The overlay's files, each once, though links show it under several paths: under the first of them. */
static const struct overlay_file **distinct_files(struct arena *scratch, const struct overlay *overlay, size_t *count)
{
	const struct overlay_file **files = arena_array(scratch, overlay->file_count, sizeof *files);
	*count = 0;
	if (!files || !overlay->file_count)
		return files;
	memcpy(files, overlay->files, overlay->file_count * sizeof *files);
	qsort(files, overlay->file_count, sizeof *files, compare_files);
	for (size_t i = 0; i < overlay->file_count; i++)
		if (*count == 0 || files[i]->file != files[*count - 1]->file)
			files[(*count)++] = files[i];
	qsort(files, *count, sizeof *files, compare_paths);
	return files;
}

static int compare_items(const void *a, const void *b)
{
	const struct tarsier_package *x = a, *y = b;
	int order = strcmp(x->type, y->type);
	if (!order)
		order = strcmp(x->name, y->name);
	if (!order)
		order = strcmp(x->version, y->version);
	if (!order)
		order = strcmp(x->architecture, y->architecture);
	return order ? order : strcmp(x->path, y->path);
}

static void sort_and_drop_duplicates(struct package_list *list)
{
	size_t kept = 0;
	if (list->count)
		qsort(list->items, list->count, sizeof *list->items, compare_items);
	for (size_t i = 0; i < list->count; i++)
		if (kept == 0 || compare_items(&list->items[kept - 1], &list->items[i]) != 0)
			list->items[kept++] = list->items[i];
	list->count = kept;
}

static int add_files(struct build *build, const struct overlay_file *const *files, size_t count,
                     struct tarsier_error *error)
{
	struct package_list *list = build->list;
	for (size_t i = 0; i < count; i++)
		list->capacity += files[i]->file->package_count;
	if (list->capacity > IMAGE_PACKAGES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "%zu packages, and an image may have %d", list->capacity, IMAGE_PACKAGES_LIMIT);
	list->items = arena_array(build->arena, list->capacity, sizeof *list->items);
	if (!list->items || !find_owners(&build->owners, files, count, build->distro))
		return error_memory(error);
	build->before = build->arena->used;
	for (size_t i = 0; i < count; i++) {
		const struct overlay_file *file = files[i];
		int code = file->file->problem ? add_problem(build, file->path, file->file->problem, file->layer, error)
		                               : add_packages(build, file, error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

int inventory_build(struct arena *arena, const struct overlay *overlay, const struct distro *distro,
                    struct package_list *list, struct tarsier_error *error)
{
	struct build build = {.arena = arena, .distro = distro, .list = list};
	struct arena scratch;
	size_t count;
	*list = (struct package_list){0};
	build.qualifier = qualifier_of(arena, distro);
	arena_init(&scratch, &arena->allocator);
	build.owners.arena = &scratch;
	const struct overlay_file **files = distinct_files(&scratch, overlay, &count);
	int code = build.qualifier && files ? add_files(&build, files, count, error) : error_memory(error);
	arena_free(&scratch);
	if (code == TARSIER_OK)
		sort_and_drop_duplicates(list);
	return code;
}
