/* an answer's body as a stream: one thread receives it, the reader of the stream takes it */
#ifndef TARSIER_NET_HTTP_STREAM_H
#define TARSIER_NET_HTTP_STREAM_H

#include "stream/stream.h"

struct http_stream;

/* `receive` starts in its own thread with the first read. It sends requests whose sinks pass each piece to
 * http_stream_give. Its result is the end of the stream, or its failure. It must return soon after http_stream_give
 * returned false. The stream is allocated in the arena. */
int http_stream_new(struct arena *arena, int (*receive)(struct http_stream *stream, void *user, struct tarsier_error *error),
                    void *user, struct stream **stream, struct tarsier_error *error);
/* Waits for room. Returns false if the reader wants no more. */
bool http_stream_give(struct http_stream *stream, span piece);

#endif
