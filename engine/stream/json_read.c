#include "stream/json_read.h"

/* The parser looks at a string from its beginning again with every piece: large pieces bound what a long one costs. */
enum { PIECE = 512 << 10 };

int json_read(struct json_cutter *cutter, struct stream *stream, struct tarsier_error *error)
{
	char *piece = memory_resize(NULL, NULL, 0, PIECE);
	ssize_t got = 0;
	int code = piece ? json_cutter_begin(cutter, error) : error_memory(error);
	while (code >= 0 && (got = stream_fill(stream, piece, PIECE, error)) > 0)
		code = json_cutter_feed(cutter, (span){piece, (size_t)got}, error);
	if (code >= 0)
		code = got < 0 ? (int)got : json_cutter_end(cutter, error);
	json_cutter_free(cutter);
	memory_resize(NULL, piece, PIECE, 0);
	return code;
}
