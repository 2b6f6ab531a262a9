#include "stream/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

ssize_t stream_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	if (stream->failure.code < 0)
		return error_set(error, stream->failure.code, "%s", stream->failure.message);
	ssize_t got = stream->read(stream, buffer, size, &stream->failure);
	if (got >= 0)
		return got;
	if (stream->failure.code >= 0) /* a stream that fails without a word still fails for good */
		error_set(&stream->failure, (int)got, "a read failed");
	return error_set(error, stream->failure.code, "%s", stream->failure.message);
}

ssize_t stream_fill(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	size_t filled = 0;
	while (filled < size) {
		ssize_t got = stream_read(stream, (char *)buffer + filled, size - filled, error);
		if (got < 0)
			return got;
		if (got == 0)
			break;
		filled += (size_t)got;
	}
	return (ssize_t)filled;
}

void stream_close(struct stream *stream)
{
	if (stream && stream->close)
		stream->close(stream);
}

int stream_read_all(struct stream *stream, struct buffer *buffer, size_t limit, struct tarsier_error *error)
{
	enum { PIECE = 16 * 1024 };
	size_t total = 0;
	for (;;) {
		if (!buffer_reserve(buffer, PIECE))
			return error_memory(error);
		ssize_t got = stream_read(stream, buffer->data + buffer->length, PIECE, error);
		if (got <= 0)
			return (int)got;
		total += (size_t)got;
		if (total > limit)
			return error_set(error, TARSIER_LIMIT, "more than the %zu bytes that are allowed", limit);
		buffer->length += (size_t)got;
	}
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

struct file_stream {
	struct stream stream;
	const char *name;
	int fd;
	bool owned;
	uint64_t offset, left, length; /* ranges only */
};

static ssize_t read_file(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct file_stream *file = (struct file_stream *)stream;
	ssize_t got;
	do
		got = read(file->fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got < 0 ? error_errno(error, errno, "read %s", file->name) : got;
}

static ssize_t read_range(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct file_stream *file = (struct file_stream *)stream;
	if (size > file->left)
		size = (size_t)file->left;
	if (size == 0)
		return 0;
	ssize_t got;
	do
		got = pread(file->fd, buffer, size, (off_t)file->offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return error_errno(error, errno, "read %s", file->name);
	if (got == 0)
		return error_set(error, TARSIER_FORMAT,
		                 "%s: ends after %" PRIu64 " of the %" PRIu64 " bytes that it should hold here",
		                 file->name, file->length - file->left, file->length);
	file->offset += (uint64_t)got;
	file->left -= (uint64_t)got;
	return got;
}

static void close_file(struct stream *stream)
{
	struct file_stream *file = (struct file_stream *)stream;
	if (file->owned && file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}

static struct file_stream *new_file(struct arena *arena, const char *name, int fd, struct tarsier_error *error)
{
	struct file_stream *file = arena_alloc(arena, sizeof *file);
	const char *copy = arena_string(arena, name);
	if (!file || !copy) {
		error_memory(error);
		return NULL;
	}
	*file = (struct file_stream){.stream = {.read = read_file, .close = close_file}, .name = copy, .fd = fd};
	return file;
}

int stream_open_fd(struct arena *arena, int fd, const char *name, struct stream **stream, struct tarsier_error *error)
{
	struct file_stream *file = new_file(arena, name, fd, error);
	if (!file)
		return TARSIER_MEMORY;
	*stream = &file->stream;
	return TARSIER_OK;
}

int stream_open_file(struct arena *arena, const char *path, struct stream **stream, struct tarsier_error *error)
{
	struct file_stream *file = new_file(arena, path, -1, error);
	if (!file)
		return TARSIER_MEMORY;
	file->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (file->fd < 0)
		return error_errno(error, errno, "open %s", path);
	file->owned = true;
	*stream = &file->stream;
	return TARSIER_OK;
}

int stream_read_file(const char *path, struct buffer *buffer, size_t limit, struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream = NULL;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, path, &stream, error);
	if (code >= 0)
		code = stream_read_all(stream, buffer, limit, error);
	stream_close(stream);
	arena_free(&arena);
	return code;
}

int stream_open_range(struct arena *arena, int fd, uint64_t offset, uint64_t length, const char *name,
                      struct stream **stream, struct tarsier_error *error)
{
	if (offset > INT64_MAX || length > INT64_MAX - offset)
		return error_set(error, TARSIER_FORMAT, "%s: %" PRIu64 " bytes at %" PRIu64 " lie outside any file",
		                 name, length, offset);
	struct file_stream *file = new_file(arena, name, fd, error);
	if (!file)
		return TARSIER_MEMORY;
	file->stream.read = read_range;
	file->offset = offset;
	file->left = file->length = length;
	*stream = &file->stream;
	return TARSIER_OK;
}

/* ---- memory, and what was read already -------------------------------------------------------------------------- */

struct memory_stream {
	struct stream stream;
	span left;
	struct stream *inner; /* goes on where the bytes end; or NULL */
};

static ssize_t read_memory(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct memory_stream *memory = (struct memory_stream *)stream;
	if (memory->left.len == 0)
		return memory->inner ? stream_read(memory->inner, buffer, size, error) : 0;
	if (size > memory->left.len)
		size = memory->left.len;
	memcpy(buffer, memory->left.ptr, size);
	memory->left = span_from(memory->left, size);
	return (ssize_t)size;
}

static void close_memory(struct stream *stream)
{
	struct memory_stream *memory = (struct memory_stream *)stream;
	stream_close(memory->inner);
	memory->inner = NULL;
}

static int open_memory(struct arena *arena, span bytes, struct stream *inner, struct stream **stream,
                       struct tarsier_error *error)
{
	struct memory_stream *memory = arena_alloc(arena, sizeof *memory);
	if (!memory)
		return error_memory(error);
	memory->stream = (struct stream){.read = read_memory, .close = close_memory};
	memory->left = bytes;
	memory->inner = inner;
	*stream = &memory->stream;
	return TARSIER_OK;
}

int stream_open_memory(struct arena *arena, span bytes, struct stream **stream, struct tarsier_error *error)
{
	return open_memory(arena, bytes, NULL, stream, error);
}

int stream_open_prefixed(struct arena *arena, span head, struct stream *inner, struct stream **stream,
                         struct tarsier_error *error)
{
	char *copy = span_copy(arena, head);
	if (!copy)
		return error_memory(error);
	return open_memory(arena, (span){copy, head.len}, inner, stream, error);
}

int stream_peek(struct arena *arena, struct stream *inner, size_t size, span *head, struct stream **stream,
                struct tarsier_error *error)
{
	char *first = arena_room(arena, size);
	ssize_t got = first ? stream_fill(inner, first, size, error) : error_memory(error);
	if (got < 0)
		return (int)got;
	*head = (span){first, (size_t)got};
	return open_memory(arena, *head, inner, stream, error);
}
