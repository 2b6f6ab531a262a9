#include "inventory/inventory.h"

#include "inventory/dependencies.h"
#include "inventory/go_functions.h"
#include "inventory/internal.h"
#include "inventory/system_check.h"

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

/* ---- converting a reader's package ------------------------------------------------------------------------------- */

struct build {
	struct arena *arena;
	const struct distro *distro;
	const char *qualifier; /* for purls: "debian-12" */
	size_t before;         /* bytes in the arena before packages were added */
	struct owners owners;
	struct package_list *list;
};

/* Returns true if type and vendor show a package of the distribution. Its advisories do not cover others. */
static bool is_own(const struct distro *distro, const struct package *package)
{
	return !package->ecosystem[0] && type_is_system(package->type) && distro_has_type(distro, package->type) && !is_third_party(distro, package);
}

/* Returns true if the advisories of the distribution cover the package. */
static bool is_covered(const struct distro *distro, const struct package *package)
{
	return package && distro->ecosystem[0] && is_own(distro, package);
}

static const char *ecosystem_of(const struct build *build, const struct package *from, const struct package *owner)
{
	if (is_own(build->distro, from))
		return build->distro->ecosystem;
	return is_covered(build->distro, owner) ? "" : arena_string(build->arena, from->ecosystem);
}

/* `owner` is the operating system's package that installed the evidence, or NULL. */
static bool fill(const struct build *build, struct tarsier_package *into, const struct package *from,
                 const struct package *owner)
{
	struct arena *arena = build->arena;
	bool own = is_own(build->distro, from);
	into->type = arena_string(arena, from->type);
	into->name = arena_string(arena, from->name);
	into->version = arena_string(arena, from->version);
	into->architecture = arena_string(arena, from->architecture);
	into->ecosystem = ecosystem_of(build, from, owner);
	into->owner = owner ? arena_string(arena, owner->name) : "";
	into->source_name = from->source_name[0] ? arena_string(arena, from->source_name) : into->name;
	into->source_version = from->source_version[0] ? arena_string(arena, from->source_version) : into->version;
	into->module = arena_string(arena, from->module);
	into->vendor = arena_string(arena, from->vendor);
	into->found_by = from->found_by[0] ? arena_string(arena, from->found_by) : "database";
	into->licenses = licenses_split(arena, from->licenses);
	if (!dependencies_new(arena, from->requires, from->provides, &into->dependencies))
		return false;
	if (!into->type || !into->name || !into->version || !into->architecture || !into->ecosystem || !into->source_name ||
	    !into->source_version || !into->module || !into->vendor || !into->licenses || !into->owner ||
	    !into->found_by)
		return false;
	into->purl = package_purl_qualified(arena, into, own ? build->distro : NULL, own ? build->qualifier : "");
	return into->purl != NULL;
}

/* As Java writes it: "app.jar!/lib/x.jar". */
static const char *path_within(struct arena *arena, const char *path, const char *inner)
{
	return *inner ? arena_format(arena, "%s!/%s", path, inner) : path;
}

/* The packages of a Go executable share them. They are bounded by what is kept of all layers. */
static bool copy_functions(struct build *build, const struct layer_file *file, const struct tarsier_functions **functions)
{
	if (!file->function_count)
		return true;
	size_t before = build->arena->used;
	struct tarsier_functions *copy = arena_alloc(build->arena, sizeof *copy + file->function_count * sizeof *copy->hashes);
	if (!copy)
		return false;
	copy->count = file->function_count;
	memcpy(copy->hashes, file->functions, file->function_count * sizeof *copy->hashes);
	build->before += build->arena->used - before; /* not among the bytes of names and versions */
	*functions = copy;
	return true;
}

/* A folder that is evidence is shown by its own name. */
static const char *path_shown(struct arena *arena, const char *path)
{
	span whole = span_of(path), mark = SPAN("/" EVIDENCE_FOLDER);
	return span_ends(whole, mark.ptr) ? span_copy(arena, (span){path, whole.len - mark.len}) : arena_string(arena, path);
}

static int add_found(struct build *build, const struct overlay_file *file, const struct package_origin *origins,
                    struct tarsier_error *error)
{
	struct package_list *list = build->list;
	/* A report may outlive the engine, to which a host's readers belong. */
	const char *path = path_shown(build->arena, file->path), *reader = arena_string(build->arena, file->reader->name);
	const struct package *owner = owners_get(&build->owners, file);
	const struct tarsier_functions *functions = NULL;
	const char *sha512 = file->file->sha512 ? arena_string(build->arena, file->file->sha512) : NULL;
	if (!path || !reader || (file->file->sha512 && !sha512) || !copy_functions(build, file->file, &functions))
		return error_memory(error);
	for (size_t i = 0; i < file->file->package_count; i++) {
		if (owner && strcmp(origins[i].package->found_by, "content") == 0)
			continue; /* a guess at what the owner states */
		struct tarsier_package *package = &list->items[list->count];
		package->path = path_within(build->arena, path, origins[i].package->inner);
		package->reader = reader;
		package->layer = origins[i].layer;
		package->functions = functions;
		package->sha512 = *origins[i].package->inner ? NULL : sha512;
		if (!package->path || !fill(build, package, origins[i].package, owner))
			return error_memory(error);
		list->count++;
		if (build->arena->used - build->before > IMAGE_PACKAGES_BYTES)
			return error_set(error, TARSIER_LIMIT, "the image's packages have names and versions of more than %d MiB",
			                 IMAGE_PACKAGES_BYTES >> 20);
	}
	return TARSIER_OK;
}

static int add_packages(struct build *build, const struct overlay_file *file, struct tarsier_error *error)
{
	struct arena scratch;
	int code = TARSIER_OK;
	arena_init(&scratch, &build->arena->allocator);
	size_t count = file->file->package_count;
	struct package_origin *origins = arena_array(&scratch, count, sizeof *origins);
	for (size_t i = 0; origins && i < count; i++)
		origins[i] = (struct package_origin){&file->file->packages[i], file->layer, true};
	if (!origins || (file->before && origins_find(&scratch, file, origins) < 0))
		code = error_memory(error);
	else
		code = add_found(build, file, origins, error);
	arena_free(&scratch);
	return code;
}

/* Several files may name the distribution: an unreadable one matters only if no other names it. A link that leads nowhere hides
 * a database if it stands where one belongs. A link of a jar's name, of which real images have many, hides nothing. */
static enum tarsier_problem_kind kind_of_problem(const struct build *build, const struct overlay_file *file)
{
	if (strcmp(file->reader->name, "distro") == 0 && build->distro->id[0])
		return TARSIER_PROBLEM_NOTE;
	if (!file->file->missing)
		return TARSIER_PROBLEM_UNREADABLE;
	return reader_expects(file->reader, file->path) ? TARSIER_PROBLEM_MISSING : TARSIER_PROBLEM_NOTE;
}

/* Reports what the reader could not read, or skipped. */
static int add_notes(const struct build *build, const struct overlay_file *file, struct tarsier_error *error)
{
	if (file->reader->optional)
		return TARSIER_OK;
	const struct layer_file *stored = file->file;
	struct problem_list *problems = &build->list->problems;
	int code = TARSIER_OK;
	if (stored->problem)
		return problem_add(problems, kind_of_problem(build, file), file->path, file->layer, error, "%s", stored->problem);
	for (size_t i = 0; i < stored->note_count && code >= 0; i++)
		code = problem_add(problems, stored->notes[i].unreadable ? TARSIER_PROBLEM_UNREADABLE : TARSIER_PROBLEM_NOTE,
		                   file->path, file->layer, error, "%s", stored->notes[i].text);
	return code;
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

/* Lists each file of the overlay once, under its first path, even if links show it under several. */
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

static int add_files(struct build *build, struct arena *scratch, const struct overlay_file *const *files, size_t count,
                     struct tarsier_error *error)
{
	struct package_list *list = build->list;
	for (size_t i = 0; i < count; i++)
		list->capacity += files[i]->file->package_count;
	if (list->capacity > IMAGE_PACKAGES_LIMIT)
		return error_set(error, TARSIER_LIMIT, "the image has %zu packages; the limit is %d", list->capacity,
		                 IMAGE_PACKAGES_LIMIT);
	list->items = arena_array(build->arena, list->capacity, sizeof *list->items);
	if (!list->items || !owners_find(&build->owners, scratch, files, count))
		return error_memory(error);
	build->before = build->arena->used;
	for (size_t i = 0; i < count; i++) {
		const struct overlay_file *file = files[i];
		int code = add_notes(build, file, error);
		if (code >= 0)
			code = add_packages(build, file, error);
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
	*list = (struct package_list){.problems.arena = arena};
	build.qualifier = purl_distro(arena, distro);
	arena_init(&scratch, &arena->allocator);
	const struct overlay_file **files = distinct_files(&scratch, overlay, &count);
	int code = build.qualifier && files ? add_files(&build, &scratch, files, count, error) : error_memory(error);
	arena_free(&scratch);
	if (code >= 0 && !licenses_join(arena, overlay, list))
		code = error_memory(error);
	if (code >= 0 && !assemblies_drop(list, overlay, &arena->allocator))
		code = error_memory(error);
	if (code >= 0)
		sort_and_drop_duplicates(list);
	if (code >= 0 && !secondaries_drop(list, &arena->allocator))
		code = error_memory(error);
	return code < 0 ? code : dependencies_resolve(arena, list->items, list->count, error);
}
