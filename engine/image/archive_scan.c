/* the first pass over the members of an archive */
#include "image/archive_members.h"

#include "stream/inflate.h"
#include "stream/tar_header.h"
#include "stream/tar_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	MOST_MEMBERS = 100000,    /* an archive of a hundred images has some 2,000 */
	NAME_BYTES = 32 << 20,    /* all paths and links: 300 bytes each for that many */
	KEPT_BYTES = 64 << 20,    /* all documents kept in passing */
	LAYERS_IN_PASSING = 4096, /* indexes kept until the manifest says which ones belong to the image */
	INDEX_BYTES = 128 << 20,  /* … and their size together; a layer of 100,000 files takes 1 MiB */
	HEAD = TAR_BLOCK,
};

/* Bytes of a stream, inflated: two layers of the largest kind. */
#define STREAM_LIMIT (2 * LAYER_TAR_LIMIT)

static int add_member(struct image_archive *archive, const struct tar_entry *entry, uint64_t offset,
                      struct member **added, struct tarsier_error *error)
{
	bool hard = entry->type == '1', link = hard || entry->type == '2';
	archive->name_bytes += entry->path.len + entry->link.len;
	if (archive->count >= MOST_MEMBERS || archive->name_bytes > NAME_BYTES)
		return error_set(error, TARSIER_LIMIT, "more than %d members, or names of more than %d bytes", MOST_MEMBERS,
		                 NAME_BYTES);
	archive->members = arena_grow(archive->arena, archive->members, archive->count, &archive->capacity, sizeof **added);
	if (!archive->members)
		return error_memory(error);
	struct member *member = &archive->members[archive->count];
	*member = (struct member){.path = span_copy(archive->arena, entry->path), .link = "", .hard = hard,
	                          .offset = offset, .size = link ? 0 : entry->size, .order = archive->count};
	if (link)
		member->link = span_copy(archive->arena, entry->link);
	if (!member->path || !member->link)
		return error_memory(error);
	archive->count++;
	*added = member;
	return TARSIER_OK;
}

static bool cancelled(const struct image_archive *archive)
{
	return archive->options->cancelled && atomic_load(archive->options->cancelled);
}

/* ---- in passing ---------------------------------------------------------------------------------------------- */

static int note_problem(struct image_archive *archive, struct member *member, const struct tarsier_error *problem,
                        struct tarsier_error *error)
{
	member->problem = arena_alloc(archive->arena, sizeof *member->problem);
	if (!member->problem)
		return error_memory(error);
	*member->problem = *problem;
	return TARSIER_OK;
}

static bool all_zero(span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i])
			return false;
	return true;
}

/* Compressed, or a tar: a header with a correct checksum, or the zeros of an empty layer. A member that is only named like
 * a layer is read too, so that the error says what is wrong with it. */
static bool looks_like_layer(span head, span path)
{
	struct tar_header header;
	if (codec_of(head) || span_ends(path, ".tar"))
		return true;
	if (head.len < HEAD)
		return head.len == 0 && span_starts(path, "blobs/");
	return all_zero(head) || tar_header_read(head.ptr, &header, NULL) >= 0;
}

static bool looks_like_json(span head)
{
	span text = span_trim(head);
	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_from(text, 3);
	return span_starts(text, "{") || span_starts(text, "[");
}

static int keep_document(struct image_archive *archive, struct member *member, struct stream *stream,
                         struct tarsier_error *error)
{
	struct tarsier_error problem;
	char *content;
	if (member->size > IMAGE_DOCUMENT_LIMIT || archive->kept_bytes + member->size > KEPT_BYTES) {
		error_set(&problem, TARSIER_LIMIT, "%llu bytes: a document may have %d, and all of them together %d",
		          (unsigned long long)member->size, IMAGE_DOCUMENT_LIMIT, KEPT_BYTES);
		return note_problem(archive, member, &problem, error);
	}
	if (!(content = arena_room(archive->arena, (size_t)member->size)))
		return error_memory(error);
	ssize_t got = stream_fill(stream, content, (size_t)member->size, error);
	if (got < 0)
		return (int)got;
	archive->kept_bytes += member->size;
	member->content = (span){content, (size_t)got};
	return TARSIER_OK;
}

static int count_index(struct image_archive *archive, const struct layer_index *index, struct tarsier_error *error)
{
	archive->index_bytes += index->arena.used;
	if (archive->index_bytes <= INDEX_BYTES)
		return TARSIER_OK;
	return error_set(error, TARSIER_LIMIT, "what is to be kept of the layers in one stream exceeds %d bytes: give the "
	                 "archive as a plain file", INDEX_BYTES);
}

/* An unreadable layer is not a failure yet: the image may not use it. */
static int index_layer(struct image_archive *archive, struct member *member, struct stream *stream,
                       struct tarsier_error *error)
{
	struct layer_expected expected = {.size = UINT64_MAX};
	struct layer_options options = *archive->options;
	struct tarsier_error problem;
	if (++archive->layers > LAYERS_IN_PASSING)
		return error_set(error, TARSIER_LIMIT, "more than %d layers in one stream", LAYERS_IN_PASSING);
	options.want_diff_id = true; /* the only digest of layers in older archives */
	int code = layer_read(stream, &expected, &options, &member->index, &problem);
	if (code >= 0)
		return count_index(archive, member->index, error);
	member->index = NULL;
	if (code == TARSIER_MEMORY || code == TARSIER_CANCELLED)
		return error_set(error, code, "%s", problem.message);
	return note_problem(archive, member, &problem, error);
}

static int take_member(struct image_archive *archive, struct member *member, struct stream *data, struct arena *arena,
                       struct tarsier_error *error)
{
	char head[HEAD];
	struct stream *stream = NULL;
	ssize_t got = stream_fill(data, head, sizeof head, error);
	if (got < 0)
		return (int)got;
	span first = {head, (size_t)got};
	bool layer = looks_like_layer(first, span_of(member->path)); /* a tar's first member may be called "[" */
	if (!layer && !looks_like_json(first))
		return TARSIER_OK;
	int code = stream_open_prefixed(arena, first, data, &stream, error);
	if (code < 0)
		return code;
	if (layer)
		return index_layer(archive, member, stream, error); /* closes it */
	code = keep_document(archive, member, stream, error);
	stream_close(stream);
	return code;
}

/* Reads every member in order; with `take` false, only lists them. */
static int scan(struct image_archive *archive, struct tar_reader *reader, bool take, struct tarsier_error *error)
{
	struct tar_entry entry;
	struct member *member = NULL;
	struct arena arena;
	uint64_t offset;
	int code;
	arena_init(&arena, &archive->arena->allocator);
	while ((code = tar_reader_next(reader, &entry, &offset, error)) > 0) {
		bool file = entry.type == '0' || entry.type == '7', link = entry.type == '1' || entry.type == '2';
		if (cancelled(archive))
			code = error_set(error, TARSIER_CANCELLED, "cancelled");
		else if (take && (offset > STREAM_LIMIT || entry.size > STREAM_LIMIT - offset))
			code = error_set(error, TARSIER_LIMIT, "more than %llu bytes, inflated", (unsigned long long)STREAM_LIMIT);
		else if (file || link)
			code = add_member(archive, &entry, offset, &member, error);
		if (code >= 0 && file && take)
			code = take_member(archive, member, tar_reader_data(reader), &arena, error);
		arena_free(&arena);
		if (code < 0)
			break;
	}
	return code;
}

/* A stream that checks for cancellation often, since skipping one member may take minutes. */
struct watched {
	struct stream stream;
	struct stream *inner;
	const struct image_archive *archive;
};

static ssize_t watched_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct watched *watched = (struct watched *)stream;
	if (cancelled(watched->archive))
		return error_set(error, TARSIER_CANCELLED, "cancelled");
	return stream_read(watched->inner, buffer, size, error);
}

int image_archive_scan_passing(struct image_archive *archive, struct stream *raw, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *plain = NULL;
	struct tar_reader *reader = NULL;
	const struct codec *codec;
	struct watched watched = {.stream = {.read = watched_read}, .archive = archive};
	arena_init(&arena, &archive->arena->allocator);
	int code = inflate_open_any(&arena, raw, &codec, &plain, error);
	watched.inner = plain;
	if (code >= 0)
		code = tar_reader_new(&arena, &watched.stream, NULL, &reader, error);
	if (code >= 0)
		code = scan(archive, reader, true, error);
	tar_reader_free(reader);
	stream_close(plain ? plain : raw);
	arena_free(&arena);
	return code;
}

/* ---- in place ------------------------------------------------------------------------------------------------ */

struct file_cursor { /* a position in a file that is not read in order */
	struct stream stream;
	int fd;
	uint64_t at, size;
};

static ssize_t cursor_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct file_cursor *cursor = (struct file_cursor *)stream;
	ssize_t got;
	do
		got = pread(cursor->fd, buffer, size, (off_t)cursor->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_errno(error, errno, "read");
	cursor->at += (uint64_t)got;
	return got;
}

/* Only padding may lie past the end; missing data is noticed when its member is read. */
static int cursor_seek(struct stream *stream, uint64_t length, struct tarsier_error *error)
{
	struct file_cursor *cursor = (struct file_cursor *)stream;
	if (cursor->at > cursor->size || length > cursor->size - cursor->at + HEAD)
		return error_set(error, TARSIER_FORMAT, "the archive ends inside a member");
	cursor->at += length;
	return TARSIER_OK;
}

int image_archive_scan_file(struct image_archive *archive, uint64_t size, struct tarsier_error *error)
{
	struct file_cursor cursor = {.stream = {.read = cursor_read}, .fd = archive->fd, .size = size};
	struct tar_reader *reader = NULL;
	struct arena arena;
	arena_init(&arena, &archive->arena->allocator);
	int code = tar_reader_new(&arena, &cursor.stream, cursor_seek, &reader, error);
	if (code >= 0)
		code = scan(archive, reader, false, error);
	for (size_t i = 0; code >= 0 && i < archive->count; i++)
		if (archive->members[i].offset > size || archive->members[i].size > size - archive->members[i].offset)
			code = error_set(error, TARSIER_FORMAT, "the archive ends inside its member %s",
			                   archive->members[i].path);
	tar_reader_free(reader);
	arena_free(&arena);
	return code;
}
