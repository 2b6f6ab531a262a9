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

/* Limits. What a file expands to: feeds are text that shrinks to a tenth, bombs to a thousandth. */
enum { EXPANSION = 200, EXPANSION_FREE = 16 << 20 };
#define UNKNOWN_SIZE_LIMIT ((uint64_t)64 << 30) /* standard input: ten times what OSV publishes in all */
enum { FOLDERS_DEEP = 32, FILES_MOST = 10000000 };
enum { HEAD = 4096 };

/* ---- a stream that counts, with its first bytes put back --------------------------------------------------------- */

struct metered {
	struct stream stream;
	struct stream *inner;
	const char *name;
	char head[HEAD];
	size_t length, given;   /* of the head */
	uint64_t *left;         /* bytes that this may still give */
};

static ssize_t read_metered(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct metered *metered = (struct metered *)stream;
	ssize_t got;
	if (metered->given < metered->length) {
		size_t rest = metered->length - metered->given;
		got = (ssize_t)(size < rest ? size : rest);
		memcpy(buffer, metered->head + metered->given, (size_t)got);
		metered->given += (size_t)got;
	} else {
		got = stream_read(metered->inner, buffer, size, error);
	}
	if (got <= 0)
		return got;
	if ((uint64_t)got > *metered->left)
		return error_set(error, TARSIER_LIMIT, "%s expands to more than any feed does", metered->name);
	*metered->left -= (uint64_t)got;
	return got;
}

static int read_head(struct metered *metered, struct tarsier_error *error)
{
	while (metered->length < HEAD) {
		ssize_t got = stream_read(metered->inner, metered->head + metered->length, HEAD - metered->length, error);
		if (got <= 0)
			return (int)got;
		metered->length += (size_t)got;
	}
	return 0;
}

static int meter(struct arena *arena, struct stream *inner, const char *name, uint64_t *left, struct metered **result,
                 struct tarsier_error *error)
{
	struct metered *metered = *result = arena_alloc(arena, sizeof *metered);
	if (!metered)
		return error_memory(error);
	metered->stream.read = read_metered;
	metered->inner = inner;
	metered->name = name;
	metered->left = left;
	return read_head(metered, error);
}

/* ---- what the bytes are ------------------------------------------------------------------------------------------ */

static bool choose_feed(span head, size_t *feed)
{
	int best = 0;
	for (size_t i = 0; feeds_all[i]; i++) {
		int sure = feeds_all[i]->recognise(head);
		if (sure <= best)
			continue;
		best = sure;
		*feed = i;
	}
	return best > 0;
}

static bool is_tar(span head)
{
	return head.len >= 512 && memcmp(head.ptr + 257, "ustar", 5) == 0;
}

static int read_feed(struct importing *importing, struct metered *metered, const char *name,
                     struct tarsier_error *error)
{
	if (!choose_feed((span){metered->head, metered->length}, &importing->feed)) {
		import_complain(importing, name, "", "not recognised: neither OSV nor KEV nor EPSS");
		return 0;
	}
	int code = feeds_all[importing->feed]->read(&metered->stream, name, &importing->sink, error);
	return code < 0 && !strstr(error->message, name) ? error_prefix(error, "%s", name) : code;
}

/* ---- tar --------------------------------------------------------------------------------------------------------- */

/* The tar walker pushes, feeds pull: one member at a time lies in memory, of at most the size of the largest record. */
enum { TAR_MEMBER_LIMIT = 64 << 20 };

struct tar_import {
	struct importing *importing;
	const char *name;
	uint64_t left;
	char member[256];
	struct buffer content;
};

static int tar_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error)
{
	struct tar_import *tar = user;
	(void)error;
	snprintf(tar->member, sizeof tar->member, "%.*s", SPAN_ARG(entry->path));
	tar->content.length = 0;
	if (entry->type != '0')
		return 0;
	if (entry->size <= TAR_MEMBER_LIMIT)
		return 1;
	import_complain(tar->importing, tar->member, "", "too large for a record");
	return 0;
}

static int tar_data(void *user, span piece, struct tarsier_error *error)
{
	struct tar_import *tar = user;
	return buffer_add(&tar->content, piece.ptr, piece.len) ? 0 : error_memory(error);
}

static int tar_done(void *user, struct tarsier_error *error)
{
	struct tar_import *tar = user;
	struct arena arena;
	struct stream *stream;
	struct metered *metered;
	arena_init(&arena, NULL);
	int code = stream_open_memory(&arena, buffer_span(&tar->content), &stream, error);
	if (code == 0)
		code = meter(&arena, stream, tar->member, &tar->left, &metered, error);
	if (code == 0)
		code = read_feed(tar->importing, metered, tar->member, error);
	arena_free(&arena);
	return code;
}

static int import_tar(struct importing *importing, struct metered *metered, const char *name,
                      struct tarsier_error *error)
{
	char block[64 << 10];
	ssize_t got = 0;
	struct arena arena;
	struct tar *tar = NULL;
	struct tar_import user = {.importing = importing, .name = name, .left = UINT64_MAX};
	struct tar_sink sink = {tar_entry, tar_data, tar_done, &user};
	arena_init(&arena, NULL);
	buffer_init(&user.content, NULL);
	int code = tar_new(&arena, &sink, &tar, error);
	while (code == 0 && (got = stream_read(&metered->stream, block, sizeof block, error)) > 0)
		code = tar_push(tar, (span){block, (size_t)got}, error);
	if (code == 0)
		code = got < 0 ? (int)got : tar_finish(tar, error);
	tar_free(tar);
	buffer_free(&user.content);
	arena_free(&arena);
	return code;
}

/* ---- zip --------------------------------------------------------------------------------------------------------- */

static int import_member(struct importing *importing, struct zip_member *member, uint64_t *left,
                         struct tarsier_error *error)
{
	struct arena arena;
	struct metered *metered;
	arena_init(&arena, NULL);
	const char *name = span_copy(&arena, member->path);
	int code = name ? meter(&arena, member->stream, name, left, &metered, error) : error_memory(error);
	if (code == 0)
		code = read_feed(importing, metered, name, error);
	arena_free(&arena);
	return code;
}

static int import_zip(struct importing *importing, const char *path, uint64_t left, struct tarsier_error *error)
{
	struct arena arena;
	struct zip_reader *reader = NULL;
	struct zip_member member;
	uint64_t members = 0;
	arena_init(&arena, NULL);
	int code = zip_open(&arena, path, &reader, error);
	while (code == 0 && (code = zip_next(reader, &member, error)) > 0) {
		if (++members > FILES_MOST)
			code = error_set(error, TARSIER_LIMIT, "%s holds more than %d files", path, FILES_MOST);
		else
			code = member.file ? import_member(importing, &member, &left, error) : 0;
	}
	zip_close(reader);
	arena_free(&arena);
	return code < 0 && !strstr(error->message, path) ? error_prefix(error, "%s", path) : code;
}

/* ---- files ------------------------------------------------------------------------------------------------------- */

static int import_inflated(struct importing *importing, struct arena *arena, struct stream *stream, const char *name,
                           uint64_t left, struct tarsier_error *error)
{
	const struct codec *codec;
	struct stream *plain = stream;
	struct metered *metered;
	int code = inflate_open_any(arena, stream, &codec, &plain, error);
	if (code == 0)
		code = meter(arena, plain, name, &left, &metered, error);
	if (code == 0) {
		span head = {metered->head, metered->length};
		if (zip_claims(head))
			import_complain(importing, name, "", "a zip, 7z, cpio or ar archive must be a file of its own: not compressed, not standard input");
		else
			code = is_tar(head) ? import_tar(importing, metered, name, error) : read_feed(importing, metered, name, error);
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
