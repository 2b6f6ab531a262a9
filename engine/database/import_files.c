/* where records lie: files, folders, zip and tar archives, compressed or not, told by their bytes */
#include "database/import.h"

#include "stream/inflate.h"
#include "stream/tar.h"
#include "stream/zip.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define UNKNOWN_SIZE_LIMIT ((uint64_t)64 << 30) /* standard input: ten times what OSV publishes in all */
enum { FOLDERS_DEEP = 32 };

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int import_inflated(struct importing *importing, struct arena *arena, struct stream *stream, const char *name,
                           uint64_t left, struct tarsier_error *error)
{
	const struct codec *codec;
	struct stream *plain = stream;
	struct metered *metered;
	int code = inflate_open_any(arena, stream, &codec, &plain, error);
	if (code == 0)
		code = import_meter(arena, plain, name, &left, &metered, error);
	if (code == 0) {
		span head = {metered->head, metered->length};
		if (zip_claims(head))
			import_complain(importing, name, "", "a zip, 7z, cpio or ar archive must be a file of its own: not compressed, not standard input");
		else
			code = import_is_tar(head) ? import_tar(importing, metered, name, error) : import_feed(importing, metered, name, error);
	}
	stream_close(plain);
	return code < 0 && !strstr(error->message, name) ? error_prefix(error, "%s", name) : code;
}

int import_stream(struct importing *importing, struct stream *stream, const char *name, uint64_t size,
                  struct tarsier_error *error)
{
	struct arena arena;
	arena_init(&arena, NULL);
	uint64_t left = size ? EXPANSION_FREE + size * EXPANSION : UNKNOWN_SIZE_LIMIT;
	int code = import_inflated(importing, &arena, stream, name, left, error);
	arena_free(&arena);
	return code;
}

/* The first bytes tell an archive that is read by seeking in the file. */
static int look_at(const char *path, char first[ZIP_HEAD], struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, path, &stream, error);
	if (code >= 0)
		code = (int)stream_fill(stream, first, ZIP_HEAD, error);
	stream_close(stream);
	arena_free(&arena);
	return code < 0 ? code : TARSIER_OK;
}

static int import_plain(struct importing *importing, const char *path, uint64_t size, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, path, &stream, error);
	if (code == 0)
		code = import_stream(importing, stream, path, size, error);
	arena_free(&arena);
	return code;
}

/* In a folder, an archive is a container of its own and a loose file is the folder's. */
static int import_file(struct importing *importing, const char *path, uint64_t size, bool loose,
                       struct tarsier_error *error)
{
	char first[ZIP_HEAD] = "";
	struct container own = {.name = path}, *outer = importing->container;
	if (++importing->files > FILES_MOST)
		return error_set(error, TARSIER_LIMIT, "more than %d files", FILES_MOST);
	int code = look_at(path, first, error);
	bool zip = zip_claims((span){first, sizeof first});
	bool contained = zip || !loose;
	if (code < 0)
		return code;
	if (contained)
		importing->container = &own;
	code = zip ? import_zip(importing, path, EXPANSION_FREE + size * EXPANSION, error)
	           : import_plain(importing, path, size, error);
	if (contained && code == 0)
		import_container_done(importing, &own);
	importing->container = outer;
	return code;
}

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int import_entry(struct importing *importing, const char *path, int depth, struct tarsier_error *error);

static int import_folder(struct importing *importing, const char *path, int depth, struct tarsier_error *error)
{
	struct dirent **entries;
	int count = scandir(path, &entries, visible, alphasort), code = 0;
	if (count < 0)
		return error_errno(error, errno, "open %s", path);
	for (int i = 0; i < count; i++) {
		char *inside = NULL;
		if (code == 0 && asprintf(&inside, "%s/%s", path, entries[i]->d_name) < 0)
			code = error_memory(error);
		if (code == 0)
			code = import_entry(importing, inside, depth + 1, error);
		free(inside);
		free(entries[i]);
	}
	free(entries);
	return code;
}

/* What a folder holds: links to folders are not followed, they may lead round in circles. */
static int import_entry(struct importing *importing, const char *path, int depth, struct tarsier_error *error)
{
	struct stat info;
	if (lstat(path, &info) < 0)
		return error_errno(error, errno, "open %s", path);
	if (S_ISDIR(info.st_mode) && depth > FOLDERS_DEEP)
		return error_set(error, TARSIER_LIMIT, "%s: folders more than %d deep", path, FOLDERS_DEEP);
	if (S_ISDIR(info.st_mode))
		return import_folder(importing, path, depth, error);
	if (S_ISLNK(info.st_mode) && stat(path, &info) < 0)
		return error_errno(error, errno, "open %s", path);
	return S_ISREG(info.st_mode) ? import_file(importing, path, (uint64_t)info.st_size, true, error) : 0;
}

static int import_standard_input(struct importing *importing, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream;
	arena_init(&arena, NULL);
	int code = stream_open_fd(&arena, 0, "standard input", &stream, error);
	if (code == 0)
		code = import_stream(importing, stream, "standard input", 0, error);
	arena_free(&arena);
	return code;
}

int import_path(struct importing *importing, const char *path, struct tarsier_error *error)
{
	struct container container = {.name = path};
	struct stat info = {0};
	bool input = strcmp(path, "-") == 0;
	if (input)
		container.name = "standard input";
	else if (stat(path, &info) < 0)
		return error_errno(error, errno, "open %s", path);
	importing->container = &container;
	if (S_ISREG(info.st_mode))
		return import_file(importing, path, (uint64_t)info.st_size, false, error);
	int code = input ? import_standard_input(importing, error)
	         : S_ISDIR(info.st_mode) ? import_folder(importing, path, 0, error)
	         : import_plain(importing, path, 0, error); /* a pipe: it can be read only once, and not by seeking */
	if (code == 0)
		import_container_done(importing, &container);
	return code;
}
