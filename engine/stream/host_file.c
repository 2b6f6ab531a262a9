#include "stream/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* O_NONBLOCK, so that opening a pipe without a writer returns; it does not affect regular files. */
enum { FLAGS = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK };

/* One component after the other, without following links: for kernels before 5.6 and sandboxes without openat2. */
static int open_stepwise(int root, const char *path)
{
	char part[256];
	int at = root, fd = -1;
	for (span rest = span_of(path), name; span_next(&rest, '/', &name);) {
		bool last = !rest.ptr;
		if (name.len >= sizeof part || span_is(name, "..") || name.len == 0) {
			errno = name.len >= sizeof part ? ENAMETOOLONG : EXDEV;
			fd = -1;
		} else {
			memcpy(part, name.ptr, name.len);
			part[name.len] = '\0';
			fd = openat(at, part, FLAGS | O_NOFOLLOW | (last ? 0 : O_DIRECTORY));
		}
		int number = errno;
		if (at != root)
			close(at);
		if (fd < 0)
			return -number;
		at = fd;
	}
	return fd < 0 ? -ENOENT : fd;
}

int host_file_open(int root, const char *path)
{
	struct open_how how = {.flags = FLAGS, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	long fd = syscall(SYS_openat2, root, path, &how, sizeof how);
	if (fd >= 0)
		return (int)fd;
	if (errno == ENOSYS || errno == EPERM)
		return open_stepwise(root, path);
	return -errno;
}

static int open_regular(int root, const char *path, uint64_t *size, int *opened, struct tarsier_error *error)
{
	struct stat status;
	int fd = host_file_open(root, path);
	if (fd == -ENOENT || fd == -ENOTDIR)
		return error_set(error, TARSIER_NOT_FOUND, "%s: no such file", path);
	if (fd == -ELOOP || fd == -EXDEV)
		return error_set(error, TARSIER_FORMAT, "%s: is a link that leads outside or in a circle", path);
	if (fd < 0)
		return error_errno(error, -fd, "open %s", path);
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		close(fd);
		return error_set(error, TARSIER_FORMAT, "%s: not a regular file", path);
	}
	*size = (uint64_t)status.st_size;
	*opened = fd;
	return TARSIER_OK;
}

struct host_stream {
	struct stream stream;
	struct stream *inner;
	int fd;
};

static ssize_t host_stream_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	return stream_read(((struct host_stream *)stream)->inner, buffer, size, error);
}

static void host_stream_close(struct stream *stream)
{
	struct host_stream *file = (struct host_stream *)stream;
	stream_close(file->inner);
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	file->inner = NULL;
}

int host_file_stream(struct arena *arena, int root, const char *path, uint64_t *size, struct stream **stream,
                   struct tarsier_error *error)
{
	struct host_stream *file = arena_alloc(arena, sizeof *file);
	if (!file)
		return error_memory(error);
	int result = open_regular(root, path, size, &file->fd, error);
	if (result < 0)
		return result;
	result = stream_open_range(arena, file->fd, 0, *size, path, &file->inner, error);
	if (result < 0) {
		close(file->fd);
		return result;
	}
	file->stream = (struct stream){.read = host_stream_read, .close = host_stream_close};
	*stream = &file->stream;
	return TARSIER_OK;
}

int host_file_size(int root, const char *path, uint64_t *size, struct tarsier_error *error)
{
	int fd;
	int result = open_regular(root, path, size, &fd, error);
	if (result >= 0)
		close(fd);
	return result;
}
