/* reads a JSON document from a stream */
#ifndef TARSIER_STREAM_JSON_READ_H
#define TARSIER_STREAM_JSON_READ_H

#include "format/json_tree.h"
#include "stream/stream.h"

/* Cuts the stream's document into values: see json_tree.h for the fields to set. Fails with FORMAT, LIMIT, MEMORY, the
 * stream's code, or that of cutter->take. */
int json_read(struct json_cutter *cutter, struct stream *stream, struct tarsier_error *error);

#endif
