/* cuts a JSON object that arrives in pieces into the values that its reader wants */
#ifndef TARSIER_CLAIR_JSON_STREAM_H
#define TARSIER_CLAIR_JSON_STREAM_H

#include "base/map.h"
#include "format/json.h"

/*
 * A report of 100,000 vulnerabilities has about 100 MB, and its values are needed one at a time. The reader decides
 * which containers are opened, from the outermost one inwards. Every other value is parsed as a whole, given to the
 * reader and freed. A duplicate key of an object is an error, in opened containers and in values.
 */
enum {
	JSON_STREAM_DEPTH = 4,           /* depth of opened containers */
	JSON_STREAM_VALUE = 1024 * 1024, /* bytes of a value; the ids of a kernel package's vulnerabilities have 300 KiB */
	JSON_STREAM_KEY = 1024,
};

/* The place of a value: keys[0] to keys[depth - 1], from the outermost object inwards. An element of a list has the key
 * "". */
struct json_stream_place {
	size_t depth;
	const char *keys[JSON_STREAM_DEPTH];
	size_t indexes[JSON_STREAM_DEPTH];
};

struct json_stream_level;

struct json_stream {
	/* Returns true if the container at this place is opened. The outermost one always is, and must be an object. */
	bool (*opens)(void *user, const struct json_stream_place *place, bool is_object);
	/* Takes a value. A failure ends the stream. The key of the place is valid until the call returns. */
	int (*take)(void *user, const struct json_stream_place *place, json_t *value, struct tarsier_error *error);
	void *user;
	const char *what;                       /* for messages: "Clair's answer to GET /…" */
	const struct tarsier_allocator *allocator;
	/* private to json_stream.c */
	int state;
	size_t depth;                           /* open containers */
	struct json_stream_level *levels;       /* JSON_STREAM_DEPTH + 1 */
	struct buffer text;                     /* of the current key or value */
	size_t nested;                          /* open containers inside that value */
	bool in_string, escaped;
	uint64_t at;                            /* bytes read */
};

/* Set the first five fields, zero the rest. Fails with MEMORY. */
int json_stream_begin(struct json_stream *stream, struct tarsier_error *error);
/* Fails with BACKEND if it is not JSON, with LIMIT, MEMORY, and with the errors of `take`. */
int json_stream_feed(struct json_stream *stream, span piece, struct tarsier_error *error);
/* Fails with BACKEND if the object is incomplete. */
int json_stream_end(struct json_stream *stream, struct tarsier_error *error);
void json_stream_free(struct json_stream *stream);

#endif
