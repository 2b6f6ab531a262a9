#include "layer/reading.h"

/* The buffer for whole files is freed after a file if it has grown beyond this. */
enum { CONTENT_KEPT = 4 * 1024 * 1024 };

void reading_init(struct reading *reading, const struct tarsier_allocator *allocator)
{
	*reading = (struct reading){.unpackable = UINT64_MAX};
	arena_init(&reading->work, allocator);
	buffer_init(&reading->content, allocator);
}

void reading_free(struct reading *reading)
{
	arena_free(&reading->work);
	buffer_free(&reading->content);
}

/* A stream that ran out of its own memory is a problem of the file, not of the machine. */
static int check(const struct reading *reading, int code, struct tarsier_error *error)
{
	if (code != TARSIER_MEMORY || !reading->work.full)
		return code;
	return error_set(error, TARSIER_LIMIT, "reading it takes more than the %zu KiB of memory that reader %s may use",
	                 reading->reader->work >> 10, reading->reader->name);
}

int reading_begin(struct reading *reading, const struct reader *reader, const struct claim *file,
                  const struct reader_output *output, struct tarsier_error *error)
{
	reading->reader = reader;
	reading->output = *output;
	reading->content.length = 0;
	reading->work.limit = reader->work;
	reading->file = (struct evidence_stream){.path = file->path, .size = file->size, .mode = file->mode,
	                                         .output = &reading->output, .work = &reading->work,
	                                         .unpackable = &reading->unpackable};
	return reader->begin ? check(reading, reader->begin(&reading->file, error), error) : TARSIER_OK;
}

static int keep_whole(struct reading *reading, span piece, struct tarsier_error *error)
{
	const struct reader *reader = reading->reader;
	size_t room = reader->limit - reading->content.length;
	if (piece.len > room && !reader->head)
		return error_set(error, TARSIER_LIMIT, "larger than the %zu bytes that reader %s takes", reader->limit,
		                 reader->name);
	if (!buffer_add(&reading->content, piece.ptr, piece.len < room ? piece.len : room))
		return error_memory(error);
	return reader->head && piece.len >= room;
}

int reading_feed(struct reading *reading, span piece, struct tarsier_error *error)
{
	if (!reading->reader->feed)
		return keep_whole(reading, piece, error);
	return piece.len ? check(reading, reading->reader->feed(&reading->file, piece, error), error) : 0;
}

int reading_end(struct reading *reading, struct tarsier_error *error)
{
	const struct reader *reader = reading->reader;
	if (reader->end)
		return check(reading, reader->end(&reading->file, error), error);
	const struct evidence evidence = {.path = reading->file.path, .content = buffer_span(&reading->content),
	                                  .beside = reader->beside};
	return reader->read ? reader->read(&evidence, &reading->output, error) : TARSIER_OK;
}

void reading_close(struct reading *reading)
{
	arena_free(&reading->work);
	if (reading->content.capacity > CONTENT_KEPT)
		buffer_free(&reading->content);
}

int reading_run(const struct reader *reader, const struct evidence *evidence, size_t piece, struct reader_output *output,
                struct tarsier_error *error)
{
	struct reading reading;
	if (!reader->feed)
		return reader->read(evidence, output, error);
	reading_init(&reading, &output->arena->allocator);
	const struct claim file = {.path = evidence->path, .size = evidence->content.len, .mode = 0755};
	int code = reading_begin(&reading, reader, &file, output, error);
	for (span rest = evidence->content; rest.len && !code;) {
		size_t length = piece && piece < rest.len ? piece : rest.len;
		code = reading_feed(&reading, (span){rest.ptr, length}, error);
		rest = span_from(rest, length);
	}
	if (code >= 0)
		code = reading_end(&reading, error);
	*output = reading.output;
	reading_close(&reading);
	reading_free(&reading);
	return code;
}
