#include "image/archive_members.h"

#include "base/nameless.h"
#include "stream/inflate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINK_HOPS = 40, HEAD = 512 };

/* ---- members ----------------------------------------------------------------------------------------------------- */

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;
	int order = strcmp(left->path, right->path);
	return order ? order : (left->order > right->order) - (left->order < right->order);
}

/* If two members have the same path, the last one counts, as if the archive were unpacked. */
static void sort_members(struct image_archive *archive)
{
	size_t kept = 0;
	if (archive->count)
		qsort(archive->members, archive->count, sizeof *archive->members, compare_members);
	for (size_t i = 0; i < archive->count; i++) {
		struct member *member = &archive->members[i];
		if (i + 1 < archive->count && strcmp(member->path, member[1].path) == 0)
			layer_index_free(member->index);
		else
			archive->members[kept++] = *member;
	}
	archive->count = kept;
}

static int compare_path(const void *path, const void *member)
{
	return strcmp(path, ((const struct member *)member)->path);
}

static struct member *lookup(struct image_archive *archive, const char *path)
{
	if (!archive->count)
		return NULL;
	return bsearch(path, archive->members, archive->count, sizeof *archive->members, compare_path);
}

/* `target` relative to the directory of `from` ("" is the root), without "." and "..". Returns false if it leads outside. */
static bool join(span from, span target, struct buffer *path)
{
	ptrdiff_t slash = span_find_last(from, '/');
	path->length = 0;
	if (span_starts(target, "/") || (slash > 0 && !buffer_add(path, from.ptr, (size_t)slash)))
		return false;
	for (span rest = target, part; span_next(&rest, '/', &part);) {
		if (part.len == 0 || span_is(part, "."))
			continue;
		if (span_is(part, "..")) {
			ptrdiff_t up = span_find_last(buffer_span(path), '/');
			if (path->length == 0)
				return false;
			path->length = up < 0 ? 0 : (size_t)up;
			continue;
		}
		if ((path->length && !buffer_add(path, "/", 1)) || !buffer_add(path, part.ptr, part.len))
			return false;
	}
	return buffer_add(path, "", 1);
}

static int follow(struct image_archive *archive, const char *path, struct buffer *at, struct member **found,
                  struct tarsier_error *error)
{
	span from = {"", 0}, target = span_of(path);
	for (unsigned hops = 0; hops <= LINK_HOPS; hops++) {
		if (!join(from, target, at))
			return error_set(error, TARSIER_FORMAT, "%s: leads outside the archive", path);
		struct member *member = lookup(archive, at->data);
		if (!member && hops == 0)
			return error_set(error, TARSIER_NOT_FOUND, "%s: no such member in there", path);
		if (!member)
			return error_set(error, TARSIER_NOT_FOUND, "%s: links to %s, which is not in there", path, at->data);
		if (!*member->link) {
			*found = member;
			return TARSIER_OK;
		}
		from = member->hard ? (span){"", 0} : span_of(member->path);
		target = span_of(member->link);
	}
	return error_set(error, TARSIER_FORMAT, "%s: its links lead in a circle", path);
}

int image_archive_find(struct image_archive *archive, const char *path, struct member **member,
                       struct tarsier_error *error)
{
	struct buffer at;
	buffer_init(&at, &archive->arena->allocator);
	int code = follow(archive, path, &at, member, error);
	buffer_free(&at);
	return code;
}

bool image_archive_has(struct image_archive *archive, const char *path)
{
	return lookup(archive, path) != NULL;
}

static int read_in_place(struct image_archive *archive, const struct member *member, struct buffer *into,
                         struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	if (member->size > IMAGE_DOCUMENT_LIMIT)
		return error_set(error, TARSIER_LIMIT, "%s has %llu bytes; a document may have %d", member->path,
		                 (unsigned long long)member->size, IMAGE_DOCUMENT_LIMIT);
	arena_init(&arena, &into->allocator);
	int code = stream_open_range(&arena, archive->fd, member->offset, member->size, member->path, &stream, error);
	if (code >= 0)
		code = stream_read_all(stream, into, IMAGE_DOCUMENT_LIMIT, error);
	stream_close(stream);
	arena_free(&arena);
	return code;
}

int image_archive_read(struct image_archive *archive, const char *path, struct buffer *into,
                       struct tarsier_error *error)
{
	struct member *member;
	int code = image_archive_find(archive, path, &member, error);
	if (code < 0)
		return code;
	if (!archive->passing)
		return read_in_place(archive, member, into, error);
	if (member->problem)
		return error_set(error, member->problem->code, "%s: %s", member->path, member->problem->message);
	if (!member->content.ptr)
		return error_set(error, TARSIER_FORMAT, "%s: not the JSON document that it should be", member->path);
	return buffer_add(into, member->content.ptr, member->content.len) ? TARSIER_OK : error_memory(error);
}

/* ---- opening ------------------------------------------------------------------------------------------------- */

static int open_file(struct image_archive *archive, const char *path, struct tarsier_error *error)
{
	archive->fd = *path ? open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY) : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	return archive->fd < 0 ? error_errno(error, errno, "open %s", archive->name) : TARSIER_OK;
}

/* Returns the code, with the archive's name before the message of a failure. */
static int error_in(const struct image_archive *archive, int code, struct tarsier_error *error)
{
	if (code < 0 && code != TARSIER_CANCELLED)
		error_prefix(error, "%s", archive->name);
	return code;
}

/* Only a regular file that is not compressed, and is read from its beginning, can be read in place. */
static int choose_way(struct image_archive *archive, uint64_t *size, struct tarsier_error *error)
{
	struct stat status;
	char head[HEAD];
	if (fstat(archive->fd, &status) < 0)
		return error_errno(error, errno, "%s", archive->name);
	if (S_ISDIR(status.st_mode))
		return error_set(error, TARSIER_USAGE,
		                 "%s is a directory, not an archive; an image layout in one is oci:%s, a root "
		                 "file system dir:%s", archive->name, archive->name, archive->name);
	archive->passing = !S_ISREG(status.st_mode) || lseek(archive->fd, 0, SEEK_CUR) != 0;
	*size = (uint64_t)status.st_size;
	if (archive->passing)
		return TARSIER_OK;
	ssize_t got = pread(archive->fd, head, sizeof head, 0);
	if (got < 0)
		return error_errno(error, errno, "read %s", archive->name);
	archive->passing = codec_of((span){head, (size_t)got}) != NULL;
	return TARSIER_OK;
}

static int scan_fd(struct image_archive *archive, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	uint64_t size = 0;
	int code = choose_way(archive, &size, error);
	if (code < 0)
		return code;
	if (!archive->passing)
		return error_in(archive, image_archive_scan_file(archive, size, error), error);
	arena_init(&arena, &archive->arena->allocator);
	code = stream_open_fd(&arena, archive->fd, archive->name, &stream, error);
	if (code >= 0)
		code = image_archive_scan_passing(archive, stream, error);
	arena_free(&arena);
	return error_in(archive, code, error);
}

static struct image_archive *new_archive(struct arena *arena, const char *name, const struct layer_options *options)
{
	struct image_archive *archive = arena_alloc(arena, sizeof *archive);
	if (archive)
		*archive = (struct image_archive){.arena = arena, .name = name, .options = options, .fd = -1};
	return archive;
}

static int finish(struct image_archive *archive, int code, struct image_archive **opened)
{
	sort_members(archive);
	*opened = archive;
	if (code < 0)
		image_archive_close(archive);
	return code;
}

int image_archive_open(struct arena *arena, const char *path, const struct layer_options *options,
                       struct image_archive **opened, struct tarsier_error *error)
{
	struct image_archive *archive = new_archive(arena, *path ? path : "standard input", options);
	if (!archive)
		return error_memory(error);
	int code = open_file(archive, path, error);
	return finish(archive, code < 0 ? code : scan_fd(archive, error), opened);
}

/* ---- from a stream ------------------------------------------------------------------------------------------- */

static int copy_to_file(struct stream *stream, int fd, const atomic_bool *cancelled, struct tarsier_error *error)
{
	char bytes[64 * 1024];
	for (ssize_t got; (got = stream_read(stream, bytes, sizeof bytes, error)) != 0;) {
		if (got < 0)
			return (int)got;
		if (cancelled && atomic_load(cancelled))
			return error_set(error, TARSIER_CANCELLED, "cancelled");
		for (ssize_t done = 0, wrote; done < got; done += wrote)
			if ((wrote = write(fd, bytes + done, (size_t)(got - done))) < 0)
				return error_errno(error, errno, "no room for the image in $TMPDIR");
	}
	return lseek(fd, 0, SEEK_SET) < 0 ? error_errno(error, errno, "$TMPDIR") : TARSIER_OK;
}

static int scan_copy(struct image_archive *archive, struct stream *stream, struct tarsier_error *error)
{
	int code = archive->fd = nameless_open(error);
	if (code >= 0)
		code = copy_to_file(stream, archive->fd, archive->options->cancelled, error);
	stream_close(stream);
	return code < 0 ? error_in(archive, code, error) : scan_fd(archive, error);
}

int image_archive_open_stream(struct arena *arena, struct stream *stream, const char *name, bool wants_blobs,
                              const struct layer_options *options, struct image_archive **opened,
                              struct tarsier_error *error)
{
	struct image_archive *archive = new_archive(arena, name, options);
	if (!archive) {
		stream_close(stream);
		return error_memory(error);
	}
	archive->passing = !wants_blobs;
	int code = wants_blobs ? scan_copy(archive, stream, error)
	                       : error_in(archive, image_archive_scan_passing(archive, stream, error), error);
	return finish(archive, code, opened);
}

void image_archive_close(struct image_archive *archive)
{
	if (!archive)
		return;
	for (size_t i = 0; i < archive->count; i++)
		layer_index_free(archive->members[i].index);
	archive->count = 0;
	if (archive->fd >= 0)
		close(archive->fd);
	archive->fd = -1;
}

/* ---- layers -------------------------------------------------------------------------------------------------- */

static int open_layer(const struct image *image, size_t index, struct arena *arena, struct stream **stream,
                      struct tarsier_error *error)
{
	const struct image_archive *archive = image->source;
	const struct member *member = image->layers[index].location;
	return stream_open_range(arena, archive->fd, member->offset, member->size, member->path, stream, error);
}

static int open_statement(const struct image *image, size_t index, struct arena *arena, struct stream **stream,
                          struct tarsier_error *error)
{
	const struct image_archive *archive = image->source;
	const struct member *member = image->layers[index].location;
	if (!archive->passing)
		return open_layer(image, index, arena, stream, error);
	if (!member->content.ptr)
		return error_set(error, TARSIER_UNSUPPORTED, "%s: not kept while the archive passed, because of its size: give the archive "
		                 "as a plain file", member->path);
	return stream_open_memory(arena, member->content, stream, error);
}

static void close_image(struct image *image)
{
	image_archive_close(image->source);
	image->source = NULL;
}

static int compare_digest(const struct digest *promised, const struct digest *found, const char *what,
                          struct tarsier_error *error)
{
	if (digest_is_empty(promised) || digest_equal(promised, found))
		return TARSIER_OK;
	if (!span_starts(span_of(promised->text), "sha256:"))
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "%s cannot be checked while it passes: give the archive as a plain file",
		                 promised->text);
	return error_set(error, TARSIER_DIGEST, "%s %s is promised, and %s was found", what, promised->text, found->text);
}

/* Compares the digests and the size measured in the stream with the promised ones. */
static int check_layer(struct image_layer *layer, const struct member *member, struct tarsier_error *error)
{
	const struct layer_index *index = member->index;
	if (member->problem)
		return error_set(error, member->problem->code, "%s", member->problem->message);
	if (!index)
		return error_set(error, TARSIER_FORMAT, "%s is not a layer: neither a tar nor compressed", member->path);
	if (layer->size != UINT64_MAX && layer->size != index->blob_size)
		return error_set(error, TARSIER_DIGEST, "%llu bytes are promised, and %llu were found",
		                 (unsigned long long)layer->size, (unsigned long long)index->blob_size);
	int code = compare_digest(&layer->blob, &index->blob, "the digest", error);
	if (code >= 0)
		code = compare_digest(&layer->diff_id, &index->diff_id, "the diff ID", error);
	layer->index = member->index;
	return code;
}

/* Frees the indexes of other images' layers. */
static void free_unused(struct image_archive *archive, const struct image *image)
{
	for (size_t i = 0; i < archive->count; i++) {
		bool used = false;
		for (size_t layer = 0; archive->members[i].index && layer < image->layer_count; layer++)
			used = used || image->layers[layer].location == &archive->members[i];
		if (used)
			continue;
		layer_index_free(archive->members[i].index);
		archive->members[i].index = NULL;
	}
}

int image_archive_settle(struct image_archive *archive, struct image *image, struct tarsier_error *error)
{
	image->source = archive;
	image->close = close_image;
	image->open_layer = archive->passing ? NULL : open_layer;
	image->open_statement = open_statement;
	for (size_t i = 0; i < image->layer_count && !archive->passing; i++)
		if (image->layers[i].size == UINT64_MAX)
			image->layers[i].size = ((const struct member *)image->layers[i].location)->size;
	if (!archive->passing)
		return TARSIER_OK;
	free_unused(archive, image);
	for (size_t i = 0; i < image->layer_count; i++) {
		struct image_layer *layer = &image->layers[i];
		int code = check_layer(layer, layer->location, error);
		if (code < 0) {
			const char *digest = *layer->blob.text ? layer->blob.text : layer->diff_id.text;
			error_prefix(error, "%s: layer %zu (%s)", archive->name, i + 1, digest);
			return code;
		}
	}
	return TARSIER_OK;
}
