#include "stream/zip.h"

#include "stream/libarchive.h"
#include "stream/unzip_header.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 64 * 1024 };

struct zip_reader {
	struct stream content;
	struct archive_library library;
	struct archive *archive;
	const char *path;
	locale_t utf8; /* 0: this system has none */
	int fd;
	bool empty;    /* a zip of no members, which libarchive does not recognise */
};

/* ---- first bytes ------------------------------------------------------------------------------------------------- */

bool zip_claims(span head)
{
	static const struct { const char *bytes; size_t length; } magic[] = {
		{"PK\3\4", 4}, {"PK\5\6", 4},                         /* zip; an empty one */
		{"7z\xbc\xaf\x27\x1c", 6},
		{"070701", 6}, {"070702", 6}, {"070707", 6},          /* cpio: SVR4, with checksums, POSIX.1 */
		{"\xc7\x71", 2}, {"\x71\xc7", 2},                     /* … binary, in either byte order */
		{"!<arch>\n", 8},
	};
	for (size_t i = 0; i < sizeof magic / sizeof *magic; i++)
		if (head.len >= magic[i].length && memcmp(head.ptr, magic[i].bytes, magic[i].length) == 0)
			return true;
	return false;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

/*
 * libarchive turns names into the character set of the locale, and drops what that cannot write. So it works in a UTF-8
 * locale here: that of this thread, for the time of one call. The locale of the process, and what a host has chosen for
 * its threads, stay as they are.
 */
static locale_t enter_utf8(const struct zip_reader *reader)
{
	return reader->utf8 ? uselocale(reader->utf8) : (locale_t)0;
}

static void leave_utf8(locale_t before)
{
	if (before)
		uselocale(before);
}

/* The bytes as they stand there, if they are not what the archive says they are. */
static span member_path(const struct archive_library *library, struct archive_entry *entry)
{
	const char *path = library->pathname_utf8(entry);
	if (!path)
		path = library->pathname(entry);
	return span_of(path ? path : "");
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static int zip_error(struct zip_reader *reader, struct tarsier_error *error)
{
	const char *reason = reader->library.error_string(reader->archive);
	return error_set(error, TARSIER_FORMAT, "%s: %s", reader->path,
	                 reason ? reason : "not an archive that can be read");
}

static ssize_t read_member(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct zip_reader *reader = (struct zip_reader *)stream;
	ssize_t got = reader->library.read_data(reader->archive, buffer, size);
	return got < 0 ? zip_error(reader, error) : got;
}

static bool prepare(struct zip_reader *reader)
{
	const struct archive_library *library = &reader->library;
	struct archive *archive = reader->archive;
	return library->support_zip(archive) == ARCHIVE_OK && library->support_7zip(archive) == ARCHIVE_OK &&
	       library->support_cpio(archive) == ARCHIVE_OK && library->support_ar(archive) == ARCHIVE_OK &&
	       library->open_fd(archive, reader->fd, READ_SIZE) == ARCHIVE_OK;
}

/* The end record, whose numbers of entries are 0, is all that such a file has. */
static bool is_empty_zip(int fd)
{
	char end[ZIP_END_SIZE];
	struct stat info;
	return pread(fd, end, sizeof end, 0) == (ssize_t)sizeof end && unzip_u32(end) == ZIP_END && unzip_u32(end + 8) == 0 &&
	       fstat(fd, &info) == 0 && (uint64_t)info.st_size == sizeof end + unzip_end_comment(end);
}

static int start(struct zip_reader *reader, struct tarsier_error *error)
{
	reader->fd = open(reader->path, O_RDONLY | O_CLOEXEC);
	if (reader->fd < 0)
		return error_errno(error, errno, "open %s", reader->path);
	reader->empty = is_empty_zip(reader->fd);
	if (reader->empty)
		return TARSIER_OK;
	int code = archive_library_load(&reader->library, "zip, 7z, cpio and ar files need", error);
	if (code < 0)
		return code;
	reader->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	reader->archive = reader->library.read_new();
	if (!reader->archive)
		return error_memory(error);
	return prepare(reader) ? TARSIER_OK : zip_error(reader, error);
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

static int next_member(struct zip_reader *reader, struct zip_member *member, struct tarsier_error *error)
{
	const struct archive_library *library = &reader->library;
	struct archive_entry *entry;
	int code = library->next_header(reader->archive, &entry);
	if (code == ARCHIVE_EOF)
		return 0;
	/* A warning is about the name's character set: member_path sees to that. */
	if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
		return zip_error(reader, error);
	reader->content.failure = (struct tarsier_error){0};
	*member = (struct zip_member){
		.path = member_path(library, entry),
		.file = library->filetype(entry) == AE_IFREG,
		.size = library->size_is_set(entry) ? (uint64_t)library->size(entry) : UINT64_MAX,
		.stream = &reader->content,
	};
	return 1;
}

int zip_next(struct zip_reader *reader, struct zip_member *member, struct tarsier_error *error)
{
	if (reader->empty)
		return 0;
	locale_t before = enter_utf8(reader);
	int code = next_member(reader, member, error);
	leave_utf8(before);
	return code;
}

void zip_close(struct zip_reader *reader)
{
	if (!reader)
		return;
	if (reader->archive)
		reader->library.read_free(reader->archive);
	if (reader->utf8)
		freelocale(reader->utf8);
	if (reader->fd >= 0)
		close(reader->fd);
}
