#include "stream/libarchive.h"

#include <errno.h>

enum { INPUT_SIZE = 64 * 1024 };

int archive_library_load(struct archive_library *library, const char *need, struct tarsier_error *error)
{
	return DL_LOAD(library, ARCHIVE_FUNCTIONS, "libarchive.so.13", need, "libarchive13", error);
}

/* One compressed stream as libarchive sees it: an archive in the format "raw", whose only member is the content. */
struct filter {
	struct stream stream;
	struct archive_library library;
	struct archive *archive;
	struct stream *inner;
	const char *name;
	int code;    /* ARCHIVE_FILTER_… */
	bool opened; /* the member was found, or the end */
	bool empty;
	char input[INPUT_SIZE];
};

/* What failed underneath is kept in inner->failure. */
static la_ssize_t on_read(struct archive *archive, void *user, const void **bytes)
{
	struct filter *filter = user;
	struct tarsier_error error;
	ssize_t got = stream_read(filter->inner, filter->input, INPUT_SIZE, &error);
	*bytes = filter->input;
	if (got < 0)
		filter->library.set_error(archive, EIO, "the stream underneath failed");
	return got < 0 ? -1 : got;
}

static int filter_error(struct filter *filter, struct tarsier_error *error)
{
	const struct tarsier_error *failure = &filter->inner->failure;
	if (failure->code < 0)
		return error_set(error, failure->code, "%s", failure->message);
	if (filter->library.error_number(filter->archive) == ENOMEM)
		return error_memory(error);
	const char *reason = filter->library.error_string(filter->archive);
	return error_set(error, TARSIER_FORMAT, "%s: %s", filter->name, reason ? reason : "the compressed data are broken");
}

static int find_content(struct filter *filter, struct tarsier_error *error)
{
	struct archive_entry *entry;
	if (filter->library.open_callbacks(filter->archive) != ARCHIVE_OK)
		return filter_error(filter, error);
	int found = filter->library.next_header(filter->archive, &entry);
	if (found != ARCHIVE_OK && found != ARCHIVE_EOF)
		return filter_error(filter, error);
	/* What a filter does not recognise is passed on as it is. */
	if (found == ARCHIVE_OK && filter->library.filter_code(filter->archive, 0) != filter->code)
		return error_set(error, TARSIER_FORMAT, "%s: its header is broken", filter->name);
	filter->opened = true;
	filter->empty = found == ARCHIVE_EOF;
	return TARSIER_OK;
}

static ssize_t filter_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct filter *filter = (struct filter *)stream;
	int code = filter->opened ? TARSIER_OK : find_content(filter, error);
	if (code < 0 || filter->empty)
		return code;
	ssize_t got = filter->library.read_data(filter->archive, buffer, size);
	bool failed = got < 0 || (got == 0 && filter->inner->failure.code < 0); /* some filters take a failure for the end */
	return failed ? filter_error(filter, error) : got;
}

static void filter_close(struct stream *stream)
{
	struct filter *filter = (struct filter *)stream;
	if (filter->archive)
		filter->library.read_free(filter->archive);
	stream_close(filter->inner);
	filter->archive = NULL;
	filter->inner = NULL;
}

/* A filter that libarchive knows only as a program to start is answered with ARCHIVE_WARN. */
static bool prepare(struct filter *filter, int code)
{
	const struct archive_library *library = &filter->library;
	struct archive *archive = filter->archive;
	return library->support_filter(archive, code) == ARCHIVE_OK && library->support_raw(archive) == ARCHIVE_OK &&
	       library->support_empty(archive) == ARCHIVE_OK && library->set_read_callback(archive, on_read) == ARCHIVE_OK &&
	       library->set_callback_data(archive, filter) == ARCHIVE_OK;
}

int archive_library_inflate(struct arena *arena, const struct codec *codec, int code, struct stream *inner,
                            struct stream **stream, struct tarsier_error *error)
{
	struct filter *filter = arena_alloc(arena, sizeof *filter);
	const char *need = arena_format(arena, "compressed with %s, which needs", codec->name);
	if (!filter || !need)
		return error_memory(error);
	filter->stream = (struct stream){.read = filter_read, .close = filter_close};
	filter->inner = inner;
	filter->name = codec->name;
	int result = archive_library_load(&filter->library, need, error);
	if (result < 0)
		return result;
	filter->archive = filter->library.read_new();
	if (!filter->archive)
		return error_memory(error);
	filter->code = code;
	if (!prepare(filter, code)) {
		filter->library.read_free(filter->archive);
		return error_set(error, TARSIER_UNSUPPORTED, "compressed with %s, which this libarchive does not read",
		                 codec->name);
	}
	*stream = &filter->stream;
	return TARSIER_OK;
}
