/* an answer's body as a stream: a thread receives it, and whoever reads the stream takes it */
#ifndef TARSIER_NET_HTTP_STREAM_H
#define TARSIER_NET_HTTP_STREAM_H

#include "stream/stream.h"

struct http_stream;

/* `receive` runs in a thread of its own from the first read on. It sends requests whose sinks pass what they get to
 * http_stream_give; what it returns is the stream's end, or its failure. It must return soon after http_stream_give was
 * false. The stream lies in the arena. */
int http_stream_new(struct arena *arena, int (*receive)(struct http_stream *stream, void *user, struct tarsier_error *error),
                    void *user, struct stream **stream, struct tarsier_error *error);
/* Waits for room; false if nothing more is wanted. */
bool http_stream_give(struct http_stream *stream, span piece);

#endif
