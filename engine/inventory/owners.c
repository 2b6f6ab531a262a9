/* finds the evidence that packages of an operating system installed */
#include "inventory/internal.h"
#include "inventory/system_check.h"

#include <string.h>

/* ---- evidence whose owner matters -------------------------------------------------------------------------------- */

/* In a usr-merged system, "usr/lib/x" may be "/lib/x" in a package's list of files. */
static span unmerged(span path)
{
	static const char *const folders[] = {"usr/bin/", "usr/sbin/", "usr/lib/", "usr/lib32/", "usr/lib64/", "usr/libx32/"};
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (span_starts(path, folders[i]))
			return span_from(path, strlen("usr/"));
	return path;
}

static bool is_system_file(const struct layer_file *file)
{
	return !file->package_count || type_is_system(file->packages[0].type);
}

/* Registers each file with packages of languages under the hashes by which its owner may name it. */
static bool register_evidence(struct owners *owners, const struct overlay_file *file)
{
	struct owner *owner = arena_alloc(owners->by_hash.arena, sizeof *owner);
	span path = span_of(file->path), other = unmerged(path);
	if (!owner)
		return false;
	owner->evidence = file;
	return map_put(&owners->by_path, path, owner) && map_put_number(&owners->by_hash, path_hash(path, false), owner) &&
	       map_put_number(&owners->by_hash, path_hash(other, false), owner);
}

/* ---- packages by name, for lists of files ------------------------------------------------------------------------ */

struct named { const struct layer_file *file; const struct package *package; };

static span base_name(const char *path)
{
	span whole = span_of(path);
	return span_from(whole, (size_t)(span_find_last(whole, '/') + 1));
}

static bool put_name(struct map *names, span name, const struct layer_file *file, const struct package *package)
{
	struct named *named = arena_alloc(names->arena, sizeof *named);
	if (!named)
		return false;
	*named = (struct named){file, package};
	return map_put(names, name, named);
}

/* Registers the keys by which a list of files finds its owner: names of packages, and names of the files that hold
 * them. */
static bool name_packages(struct map *names, const struct overlay_file *const *files, size_t count)
{
	bool ok = true;
	for (size_t i = 0; i < count && ok; i++) {
		const struct layer_file *file = files[i]->file;
		if (!file->package_count || !is_system_file(file))
			continue;
		ok = put_name(names, base_name(file->path), file, &file->packages[0]);
		for (size_t k = 0; k < file->package_count && ok; k++)
			ok = put_name(names, span_of(file->packages[k].name), file, &file->packages[k]);
	}
	return ok;
}

/* The owner must belong to the same package manager: apk's bash is not dpkg's. */
static const struct package *owner_of_list(const struct map *names, const struct layer_file *list)
{
	const struct named *named = map_get(names, span_of(list->owner));
	return named && named->file->reader == list->reader ? named->package : NULL;
}

/* ---- who owns what ----------------------------------------------------------------------------------------------- */

/* A file from a layer above the package database's own may have been replaced, for example by pip. */
static void claim(struct owners *owners, const struct overlay_file *database, const struct package *package,
                  const uint64_t *hashes, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct owner *owner = map_get_number(&owners->by_hash, hashes[i]);
		if (!owner || owner->evidence->layer > database->layer || (owner->package && owner->layer >= database->layer))
			continue;
		owner->package = package;
		owner->layer = database->layer;
	}
}

static void claim_all(struct owners *owners, const struct map *names, const struct overlay_file *database)
{
	const struct layer_file *file = database->file;
	size_t at = 0;
	if (file->owner) {
		const struct package *package = owner_of_list(names, file);
		if (package)
			claim(owners, database, package, file->owned, file->owned_count);
		return;
	}
	for (size_t i = 0; i < file->package_count; i++) {
		size_t left = file->owned_count - at, here = file->packages[i].owned;
		here = here < left ? here : left;
		claim(owners, database, &file->packages[i], file->owned + at, here);
		at += here;
	}
}

bool owners_find(struct owners *owners, struct arena *arena, const struct overlay_file *const *files, size_t count)
{
	struct map names = {.arena = arena};
	bool ok = true;
	*owners = (struct owners){.by_path.arena = arena, .by_hash.arena = arena};
	for (size_t i = 0; i < count && ok; i++)
		ok = is_system_file(files[i]->file) || register_evidence(owners, files[i]);
	if (!ok || !owners->by_path.count)
		return ok;
	if (!name_packages(&names, files, count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (files[i]->file->owned_count)
			claim_all(owners, &names, files[i]);
	return true;
}

const struct package *owners_get(const struct owners *owners, const struct overlay_file *file)
{
	const struct owner *owner = map_get(&owners->by_path, span_of(file->path));
	return owner ? owner->package : NULL;
}
