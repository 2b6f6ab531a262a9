#include "stream/tar_reader.h"

#include <string.h>

enum {
	BLOCK = 512,
	DISCARD = 16 * 1024,
	/* What may follow the two zero blocks: tar pads to its blocking factor, 10 KiB, and up to 1 MiB where it was told
	 * to. */
	LONGEST_TAIL = 1 << 20,
};

struct tar_reader {
	struct stream data;      /* what tar_reader_data gives */
	struct stream *in;
	tar_seek *seek;
	struct tar *tar;
	struct arena *arena;
	struct buffer names;     /* the entry's path and link, kept beyond the walker's call */
	struct tar_entry entry;
	bool found;              /* the walker has just seen an entry */
	uint64_t offset;         /* bytes taken off `in` */
	uint64_t left;           /* bytes of the member's data that are neither read nor passed over */
	char scratch[DISCARD];
};

static int on_entry(void *user, const struct tar_entry *entry, struct tarsier_error *error)
{
	struct tar_reader *reader = user;
	reader->names.length = 0;
	if (!buffer_add(&reader->names, entry->path.ptr, entry->path.len) ||
	    !buffer_add(&reader->names, entry->link.ptr, entry->link.len) || !buffer_add(&reader->names, "", 1))
		return error_memory(error);
	reader->entry = *entry;
	reader->entry.path.ptr = reader->names.data;
	reader->entry.link.ptr = reader->names.data + entry->path.len;
	reader->found = true;
	return 0; /* the walker need not see the data */
}

static int on_data(void *user, span piece, struct tarsier_error *error)
{
	(void)user, (void)piece, (void)error;
	return 0;
}

static int on_done(void *user, struct tarsier_error *error)
{
	(void)user, (void)error;
	return 0;
}

/* The stream of the member's data. */
static ssize_t read_data(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct tar_reader *reader = (struct tar_reader *)stream;
	if (size > reader->left)
		size = (size_t)reader->left;
	ssize_t got = size ? stream_read(reader->in, buffer, size, error) : 0;
	if (got == 0 && size)
		return error_set(error, TARSIER_FORMAT, "the archive ends inside its member %.*s",
		                 SPAN_ARG(reader->entry.path));
	if (got <= 0)
		return got;
	reader->left -= (uint64_t)got;
	reader->offset += (uint64_t)got;
	int result = tar_skip(reader->tar, (uint64_t)got, error);
	return result < 0 ? result : got;
}

int tar_reader_new(struct arena *arena, struct stream *in, tar_seek *seek, struct tar_reader **made,
                   struct tarsier_error *error)
{
	struct tar_reader *reader = arena_alloc(arena, sizeof *reader);
	if (!reader)
		return error_memory(error);
	*reader = (struct tar_reader){.data = {.read = read_data}, .in = in, .seek = seek, .arena = arena};
	buffer_init(&reader->names, &arena->allocator);
	struct tar_sink sink = {on_entry, on_data, on_done, reader};
	int result = tar_new(arena, &sink, &reader->tar, error);
	if (result >= 0)
		*made = reader;
	return result;
}

void tar_reader_free(struct tar_reader *reader)
{
	if (!reader)
		return;
	tar_free(reader->tar);
	buffer_free(&reader->names);
}

struct stream *tar_reader_data(struct tar_reader *reader)
{
	return &reader->data;
}

/* Up to `length` bytes read and dropped; fewer only where the stream ends. */
static int discard(struct tar_reader *reader, uint64_t length, uint64_t *dropped, struct tarsier_error *error)
{
	for (*dropped = 0; *dropped < length;) {
		uint64_t wanted = length - *dropped;
		ssize_t got = stream_read(reader->in, reader->scratch, wanted < DISCARD ? (size_t)wanted : DISCARD, error);
		if (got < 0)
			return (int)got;
		if (got == 0)
			break;
		*dropped += (uint64_t)got;
	}
	reader->offset += *dropped;
	return TARSIER_OK;
}

/* What is left of a member: all of its data must be there, but the padding behind the last one may be cut short. */
static int pass_over(struct tar_reader *reader, struct tarsier_error *error)
{
	uint64_t length = tar_pending(reader->tar), dropped = length;
	int result = TARSIER_OK;
	if (length == 0)
		return TARSIER_OK;
	if (reader->seek) {
		result = reader->seek(reader->in, length, error);
		reader->offset += length;
	} else {
		result = discard(reader, length, &dropped, error);
	}
	if (result >= 0 && dropped < reader->left)
		return error_set(error, TARSIER_FORMAT, "the archive ends inside its member %.*s",
		                 SPAN_ARG(reader->entry.path));
	return result < 0 ? result : tar_skip(reader->tar, dropped, error);
}

/* To the end of the stream, so that a writer at the other side of a pipe can finish and a checksum behind us is
 * checked. */
static int finish(struct tar_reader *reader, struct tarsier_error *error)
{
	uint64_t dropped = 0;
	int result = reader->seek ? TARSIER_OK : discard(reader, LONGEST_TAIL + 1, &dropped, error);
	if (result >= 0 && dropped > LONGEST_TAIL)
		result = error_set(error, TARSIER_FORMAT, "more than %d bytes follow the archive's end", LONGEST_TAIL);
	return result;
}

/* Data that is handed on as it lies there would be a sparse file's map and pieces, not the file. */
static int check_whole(const struct tar_reader *reader, struct tarsier_error *error)
{
	uint64_t size = reader->entry.size, stored = tar_pending(reader->tar);
	if (reader->entry.type != '0' || stored == (size + BLOCK - 1) / BLOCK * BLOCK)
		return TARSIER_OK;
	return error_set(error, TARSIER_UNSUPPORTED,
	                 "%.*s is stored as a sparse file: write the archive again without --sparse",
	                 SPAN_ARG(reader->entry.path));
}

int tar_reader_next(struct tar_reader *reader, struct tar_entry *entry, uint64_t *offset, struct tarsier_error *error)
{
	int result = pass_over(reader, error);
	reader->found = false;
	reader->left = 0;
	while (result >= 0 && !reader->found) {
		if (tar_ended(reader->tar))
			return finish(reader, error);
		ssize_t got = stream_fill(reader->in, reader->scratch, BLOCK, error);
		if (got < 0)
			return (int)got;
		if (got == 0)
			return tar_finish(reader->tar, error);
		reader->offset += (uint64_t)got;
		result = tar_push(reader->tar, (span){reader->scratch, (size_t)got}, error);
	}
	if (result < 0 || (result = check_whole(reader, error)) < 0)
		return result;
	memset(&reader->data.failure, 0, sizeof reader->data.failure);
	reader->left = reader->entry.size;
	*entry = reader->entry;
	*offset = reader->offset;
	return 1;
}
