/* reads records in zip and tar archives */
#include "database/import.h"

#include "stream/tar.h"
#include "stream/zip.h"

#include <stdio.h>
#include <string.h>

/* ---- tar --------------------------------------------------------------------------------------------------------- */

/* The tar walker pushes and feeds pull. So one member at a time is held in memory, of at most the size of the largest
 * record. */
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
	if (code >= 0)
		code = import_meter(&arena, stream, tar->member, &tar->left, &metered, error);
	if (code >= 0)
		code = import_feed(tar->importing, metered, tar->member, error);
	arena_free(&arena);
	return code;
}

int import_tar(struct importing *importing, struct metered *metered, const char *name,
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
	while (code >= 0 && (got = stream_read(&metered->stream, block, sizeof block, error)) > 0)
		code = tar_push(tar, (span){block, (size_t)got}, error);
	if (code >= 0)
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
	int code = name ? import_meter(&arena, member->stream, name, left, &metered, error) : error_memory(error);
	if (code >= 0)
		code = import_feed(importing, metered, name, error);
	arena_free(&arena);
	return code;
}

int import_zip(struct importing *importing, const char *path, uint64_t left, struct tarsier_error *error)
{
	struct arena arena;
	struct zip_reader *reader = NULL;
	struct zip_member member;
	uint64_t members = 0;
	arena_init(&arena, NULL);
	int code = zip_open(&arena, path, &reader, error);
	while (code >= 0 && (code = zip_next(reader, &member, error)) > 0) {
		if (++members > FILES_MOST)
			code = error_set(error, TARSIER_LIMIT, "%s holds more than %d files", path, FILES_MOST);
		else
			code = member.file ? import_member(importing, &member, &left, error) : 0;
	}
	zip_close(reader);
	arena_free(&arena);
	return code < 0 && !strstr(error->message, path) ? error_prefix(error, "%s", path) : code;
}
