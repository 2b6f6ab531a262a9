/* a JSON object that comes in pieces, cut into the values that its reader wants one by one */
#ifndef TARSIER_CLAIR_JSON_STREAM_H
#define TARSIER_CLAIR_JSON_STREAM_H

#include "base/map.h"
#include "format/json.h"

/*
 * A report of 100,000 vulnerabilities has some 100 MB, and its values are needed one at a time. The reader decides
 * which containers are opened, from the outermost one down; every other value is parsed as a whole, given to the
 * reader, and freed. A key that an object has twice is an error, in opened containers and in values.
 */
enum {
	JSON_STREAM_DEPTH = 4,           /* containers that may be opened, one inside the other */
	JSON_STREAM_VALUE = 1024 * 1024, /* bytes of a value; the vulnerabilities of a kernel package, as ids, have 300 KiB */
	JSON_STREAM_KEY = 1024,
};

/* Where a value is: keys[0] to keys[depth - 1], from the outermost object inwards. An element of a list has the
 * key "". */
struct json_stream_place {
	size_t depth;
	const char *keys[JSON_STREAM_DEPTH];
	size_t indexes[JSON_STREAM_DEPTH];
};

struct json_stream_level;

struct json_stream {
	/* May the container at this place be opened? The outermost one always is, and must be an object. */
	bool (*opens)(void *user, const struct json_stream_place *place, bool is_object);
	/* Takes a value; a failure ends the stream. The key of a place lives until then. */
	int (*take)(void *user, const struct json_stream_place *place, json_t *value, struct tarsier_error *error);
	void *user;
	const char *what;                       /* for messages: "Clair's answer to GET /…" */
	const struct tarsier_allocator *allocator;
	/* the rest is the stream's own */
	int state;
	size_t depth;                           /* containers that are open */
	struct json_stream_level *levels;       /* JSON_STREAM_DEPTH + 1 */
	struct buffer text;                     /* of the key or value that is being read */
	size_t nested;                          /* containers inside that value */
	bool in_string, escaped;
	uint64_t at;                            /* bytes read */
};

/* Set the first five fields, zero the rest. MEMORY. */
int json_stream_begin(struct json_stream *stream, struct tarsier_error *error);
/* Fails with BACKEND if it is not JSON, LIMIT, MEMORY, and what `take` fails with. */
int json_stream_feed(struct json_stream *stream, span piece, struct tarsier_error *error);
/* Fails with BACKEND if the object is not complete. */
int json_stream_end(struct json_stream *stream, struct tarsier_error *error);
void json_stream_free(struct json_stream *stream);

#endif
