/* one file on its way to its reader, which takes it whole or as a stream */
#ifndef TARSIER_LAYER_READING_H
#define TARSIER_LAYER_READING_H

#include "layer/reader.h"

struct reading {
	const struct reader *reader;
	struct reader_output output;
	struct evidence_stream file; /* if the reader takes a stream */
	struct arena work;
	uint64_t unpackable;         /* as in struct evidence_stream */
	struct buffer content;       /* if it takes the file whole; kept between files while it is small */
};

void reading_init(struct reading *reading, const struct tarsier_allocator *allocator);
void reading_free(struct reading *reading);

/* Begins a file; `path` must live until the end, and so must what `output` points at. MEMORY is the caller's arena's or the
 * machine's; any other failure is this file's problem. The same holds for the two below. */
int reading_begin(struct reading *reading, const struct reader *reader, const struct claim *file,
                  const struct reader_output *output, struct tarsier_error *error);
/* Returns more than 0 if the reader needs no more. */
int reading_feed(struct reading *reading, span piece, struct tarsier_error *error);
int reading_end(struct reading *reading, struct tarsier_error *error);
/* After the end or a failure: gives back the memory of this file. The output is the caller's. */
void reading_close(struct reading *reading);

/* All of it at once, for a file that is at hand; `piece` bytes at a time if the reader takes a stream, 0: whole. */
int reading_run(const struct reader *reader, const struct evidence *evidence, size_t piece, struct reader_output *output,
                struct tarsier_error *error);

#endif
