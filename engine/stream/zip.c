#include "stream/zip.h"

#include "base/dl.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What is used of libarchive.so.13, as its archive.h and archive_entry.h declare it. */
struct archive;
struct archive_entry;
enum { ARCHIVE_EOF = 1, ARCHIVE_OK = 0, ARCHIVE_WARN = -20, REGULAR_FILE = 0100000, READ_SIZE = 64 * 1024 };

struct library {
	struct archive *(*read_new)(void);
	int (*support_zip)(struct archive *);
	int (*open_fd)(struct archive *, int, size_t);
	int (*next_header)(struct archive *, struct archive_entry **);
	ssize_t (*read_data)(struct archive *, void *, size_t);
	int (*read_free)(struct archive *);
	const char *(*error_string)(struct archive *);
	const char *(*pathname)(struct archive_entry *);
	unsigned (*filetype)(struct archive_entry *);
	int64_t (*size)(struct archive_entry *);
	int (*size_is_set)(struct archive_entry *);
};

struct archive_reader {
	struct stream content;
	struct library library;
	struct archive *archive;
	const char *path;
	int fd;
};

static int load(struct library *library, struct tarsier_error *error)
{
	const struct library_symbol wanted[] = {
		{"archive_read_new", &library->read_new},
		{"archive_read_support_format_zip_seekable", &library->support_zip},
		{"archive_read_open_fd", &library->open_fd},
		{"archive_read_next_header", &library->next_header},
		{"archive_read_data", &library->read_data},
		{"archive_read_free", &library->read_free},
		{"archive_error_string", &library->error_string},
		{"archive_entry_pathname", &library->pathname},
		{"archive_entry_filetype", &library->filetype},
		{"archive_entry_size", &library->size},
		{"archive_entry_size_is_set", &library->size_is_set},
	};
	return library_load("libarchive.so.13", "zip files need", "libarchive13", wanted, sizeof wanted / sizeof *wanted,
	                    error);
}

static int archive_error(struct archive_reader *reader, struct tarsier_error *error)
{
	const char *reason = reader->library.error_string(reader->archive);
	return error_set(error, TARSIER_FORMAT, "%s: %s", reader->path,
	                 reason ? reason : "not a zip file that can be read");
}

static ssize_t read_member(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct archive_reader *reader = (struct archive_reader *)stream;
	ssize_t got = reader->library.read_data(reader->archive, buffer, size);
	return got < 0 ? archive_error(reader, error) : got;
}

static int start(struct archive_reader *reader, struct tarsier_error *error)
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
		return archive_error(reader, error);
	return TARSIER_OK;
}

int archive_open(struct arena *arena, const char *path, struct archive_reader **reader, struct tarsier_error *error)
{
	struct archive_reader *made = arena_alloc(arena, sizeof *made);
	char *copy = arena_string(arena, path);
	if (!made || !copy)
		return error_memory(error);
	made->content.read = read_member;
	made->path = copy;
	int code = start(made, error);
	if (code < 0)
		archive_close(made);
	else
		*reader = made;
	return code;
}

int archive_next(struct archive_reader *reader, struct archive_member *member, struct tarsier_error *error)
{
	struct library *library = &reader->library;
	struct archive_entry *entry;
	int code = library->next_header(reader->archive, &entry);
	if (code == ARCHIVE_EOF)
		return 0;
	/* A warning is about the name's character set, which does not matter here: the raw bytes are taken. */
	if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
		return archive_error(reader, error);
	reader->content.failure = (struct tarsier_error){0};
	*member = (struct archive_member){
		.path = span_of(library->pathname(entry)),
		.file = library->filetype(entry) == REGULAR_FILE,
		.size = library->size_is_set(entry) ? (uint64_t)library->size(entry) : UINT64_MAX,
		.stream = &reader->content,
	};
	return 1;
}

void archive_close(struct archive_reader *reader)
{
	if (!reader)
		return;
	if (reader->archive)
		reader->library.read_free(reader->archive);
	if (reader->fd >= 0)
		close(reader->fd);
}
