#include "stream/zip.h"

#include "base/dl.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

#define ARCHIVE_FUNCTIONS(X) \
	X(read_new, archive_read_new) \
	X(support_zip, archive_read_support_format_zip_seekable) \
	X(open_fd, archive_read_open_fd) \
	X(next_header, archive_read_next_header) \
	X(read_data, archive_read_data) \
	X(read_free, archive_read_free) \
	X(error_string, archive_error_string) \
	X(pathname, archive_entry_pathname) \
	X(filetype, archive_entry_filetype) \
	X(size, archive_entry_size) \
	X(size_is_set, archive_entry_size_is_set)

struct archive_library { ARCHIVE_FUNCTIONS(DL_FIELD) };

struct zip_reader {
	struct stream content;
	struct archive_library library;
	struct archive *archive;
	const char *path;
	int fd;
};

static int load(struct archive_library *library, struct tarsier_error *error)
{
	return DL_LOAD(library, ARCHIVE_FUNCTIONS, "libarchive.so.13", "zip files need", "libarchive13", error);
}

static int zip_error(struct zip_reader *reader, struct tarsier_error *error)
{
	const char *reason = reader->library.error_string(reader->archive);
	return error_set(error, TARSIER_FORMAT, "%s: %s", reader->path,
	                 reason ? reason : "not a zip file that can be read");
}

static ssize_t read_member(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct zip_reader *reader = (struct zip_reader *)stream;
	ssize_t got = reader->library.read_data(reader->archive, buffer, size);
	return got < 0 ? zip_error(reader, error) : got;
}

static int start(struct zip_reader *reader, struct tarsier_error *error)
{
	reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0)
		return error_errno(error, errno, "open %s", reader->path);
	int code = load(&reader->library, error);
	if (code < 0)
		return code;
	reader->archive = reader->library.read_new();
	if (!reader->archive)
		return error_memory(error);
	if (reader->library.support_zip(reader->archive) != ARCHIVE_OK ||
	    reader->library.open_fd(reader->archive, reader->fd, READ_SIZE) != ARCHIVE_OK)
		return zip_error(reader, error);
	return TARSIER_OK;
}

int zip_open(struct arena *arena, const char *path, struct zip_reader **reader, struct tarsier_error *error)
{
	struct zip_reader *made = arena_alloc(arena, sizeof *made);
	char *copy = arena_string(arena, path);
	if (!made || !copy)
		return error_memory(error);
	made->content.read = read_member;
	made->path = copy;
	int code = start(made, error);
	if (code < 0)
		zip_close(made);
	else
		*reader = made;
	return code;
}

int zip_next(struct zip_reader *reader, struct zip_member *member, struct tarsier_error *error)
{
	struct archive_library *library = &reader->library;
	struct archive_entry *entry;
	int code = library->next_header(reader->archive, &entry);
	if (code == ARCHIVE_EOF)
		return 0;
	/* A warning is about the name's character set, which does not matter here: the raw bytes are taken. */
	if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
		return zip_error(reader, error);
	reader->content.failure = (struct tarsier_error){0};
	*member = (struct zip_member){
		.path = span_of(library->pathname(entry)),
		.file = library->filetype(entry) == AE_IFREG,
		.size = library->size_is_set(entry) ? (uint64_t)library->size(entry) : UINT64_MAX,
		.stream = &reader->content,
	};
	return 1;
}

void zip_close(struct zip_reader *reader)
{
	if (!reader)
		return;
	if (reader->archive)
		reader->library.read_free(reader->archive);
	if (reader->fd >= 0)
		close(reader->fd);
}
