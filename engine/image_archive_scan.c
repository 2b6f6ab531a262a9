/* floor 3: the one look that is taken at every member of an archive */
#include "image_archive.h"

#include "inflate.h"
#include "tar_reader.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum {
	MOST_MEMBERS = 100000,    /* an archive of a hundred images has some 2,000 */
	NAME_BYTES = 32 << 20,    /* all paths and links: 300 bytes each for that many */
	KEPT_BYTES = 64 << 20,    /* all documents kept in passing */
	LAYERS_IN_PASSING = 4096, /* indexes held until it is known which are wanted */
	HEAD = 512,
};

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

/* Compressed, or a tar: "ustar" in its first header, or the two zero blocks that an empty layer is made of. Tars
 * older than 1988 are told by their name. */
static bool looks_like_layer(span head, span path)
{
	if (codec_of(head) != CODEC_NONE)
		return true;
	if (head.len == HEAD && (span_starts(span_from(head, 257), "ustar") || all_zero(head)))
		return true;
	return span_ends(path, ".tar");
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
	if (!(content = arena_alloc(archive->arena, (size_t)member->size)))
		return error_memory(error);
	ssize_t got = stream_fill(stream, content, (size_t)member->size, error);
	if (got < 0)
		return (int)got;
	archive->kept_bytes += member->size;
	member->content = (span){content, (size_t)got};
	return TARSIER_OK;
}

/* A layer that cannot be read is no failure yet: nobody may want it. */
static int index_layer(struct image_archive *archive, struct member *member, struct stream *stream,
                       struct tarsier_error *error)
{
	struct layer_expected expected = {.size = UINT64_MAX};
	struct layer_options options = *archive->options;
	struct tarsier_error problem;
	if (++archive->layers > LAYERS_IN_PASSING)
		return error_set(error, TARSIER_LIMIT, "more than %d layers in one stream", LAYERS_IN_PASSING);
	options.want_diff_id = true; /* all that an archive of the older kind can be checked by */
	int result = layer_read(stream, &expected, &options, &member->index, &problem);
	if (result >= 0)
		return TARSIER_OK;
	member->index = NULL;
	if (result == TARSIER_MEMORY || result == TARSIER_CANCELLED)
		return error_set(error, result, "%s", problem.message);
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
	bool json = looks_like_json(first);
	if (!json && !looks_like_layer(first, span_of(member->path)))
		return TARSIER_OK;
	int result = stream_open_prefixed(arena, first, data, &stream, error);
	if (result < 0)
		return result;
	if (!json)
		return index_layer(archive, member, stream, error); /* closes it */
	result = keep_document(archive, member, stream, error);
	stream_close(stream);
	return result;
}

static bool cancelled(const struct image_archive *archive)
{
	return archive->options->cancelled && atomic_load(archive->options->cancelled);
}

/* Every member, from the first to the last; `take` is false where they are only to be listed. */
static int scan(struct image_archive *archive, struct tar_reader *reader, bool take, struct tarsier_error *error)
{
	struct tar_entry entry;
	struct member *member = NULL;
	struct arena arena;
	uint64_t offset;
	int result;
	arena_init(&arena, &archive->arena->allocator);
	while ((result = tar_reader_next(reader, &entry, &offset, error)) > 0) {
		bool file = entry.type == '0' || entry.type == '7', link = entry.type == '1' || entry.type == '2';
		if (cancelled(archive))
			result = error_set(error, TARSIER_CANCELLED, "cancelled");
		else if (file || link)
			result = add_member(archive, &entry, offset, &member, error);
		if (result >= 0 && file && take)
			result = take_member(archive, member, tar_reader_data(reader), &arena, error);
		arena_free(&arena);
		if (result < 0)
			break;
	}
	return result;
}

int image_archive_scan_passing(struct image_archive *archive, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *raw = NULL, *plain = NULL;
	struct tar_reader *reader = NULL;
	enum codec codec;
	arena_init(&arena, &archive->arena->allocator);
	int result = stream_open_fd(&arena, archive->fd, archive->name, &raw, error);
	if (result >= 0)
		result = inflate_open_any(&arena, raw, &codec, &plain, error);
	if (result >= 0)
		result = tar_reader_new(&arena, plain, NULL, &reader, error);
	if (result >= 0)
		result = scan(archive, reader, true, error);
	tar_reader_free(reader);
	stream_close(plain ? plain : raw);
	arena_free(&arena);
	return result;
}

/* ---- in place ------------------------------------------------------------------------------------------------ */

struct cursor { /* a file that is read here and there */
	struct stream stream;
	int fd;
	uint64_t at, size;
};

static ssize_t cursor_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct cursor *cursor = (struct cursor *)stream;
	ssize_t got;
	do
		got = pread(cursor->fd, buffer, size, (off_t)cursor->at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_errno(error, errno, "read");
	cursor->at += (uint64_t)got;
	return got;
}

/* Past the end is allowed for padding only; data that is not there is noticed member by member. */
static int cursor_seek(struct stream *stream, uint64_t length, struct tarsier_error *error)
{
	struct cursor *cursor = (struct cursor *)stream;
	if (cursor->at > cursor->size || length > cursor->size - cursor->at + HEAD)
		return error_set(error, TARSIER_FORMAT, "the archive ends inside a member");
	cursor->at += length;
	return TARSIER_OK;
}

int image_archive_scan_file(struct image_archive *archive, uint64_t size, struct tarsier_error *error)
{
	struct cursor cursor = {.stream = {.read = cursor_read}, .fd = archive->fd, .size = size};
	struct tar_reader *reader = NULL;
	struct arena arena;
	arena_init(&arena, &archive->arena->allocator);
	int result = tar_reader_new(&arena, &cursor.stream, cursor_seek, &reader, error);
	if (result >= 0)
		result = scan(archive, reader, false, error);
	for (size_t i = 0; result >= 0 && i < archive->count; i++)
		if (archive->members[i].offset > size || archive->members[i].size > size - archive->members[i].offset)
			result = error_set(error, TARSIER_FORMAT, "the archive ends inside its member %s",
			                   archive->members[i].path);
	tar_reader_free(reader);
	arena_free(&arena);
	return result;
}
