#include "stream/json_read.h"

enum { PIECE = 64 << 10 };

int json_read(struct json_cutter *cutter, struct stream *stream, struct tarsier_error *error)
{
	char piece[PIECE];
	ssize_t got = 0;
	int code = json_cutter_begin(cutter, error);
	while (code >= 0 && (got = stream_read(stream, piece, sizeof piece, error)) > 0)
		code = json_cutter_feed(cutter, (span){piece, (size_t)got}, error);
	if (code >= 0)
		code = got < 0 ? (int)got : json_cutter_end(cutter, error);
	json_cutter_free(cutter);
	return code;
}
