/* reads an XML document from a stream, element by element */
#ifndef TARSIER_STREAM_XML_READ_H
#define TARSIER_STREAM_XML_READ_H

#include "stream/stream.h"

/* Names come without the prefix of their namespace. `attributes` is name, value, name, value …, NULL; all are valid during
 * the call. A function returns 0, or a negative code, which ends the reading. */
struct xml_handler {
	int (*start)(void *user, const char *name, const char **attributes, struct tarsier_error *error);
	/* text: what stood before this end, since the last tag, without white space around it; at most `text_limit` bytes, the
	 * rest is dropped. */
	int (*end)(void *user, const char *name, span text, struct tarsier_error *error);
	void *user;
	size_t text_limit;
};

/* Fails with FORMAT where it is not XML, or has a document type declaration (no feed has one, and its entities are a way to
 * fill memory) or elements deeper than XML_DEPTH; with MEMORY, the stream's code or that of a function. `name` is the
 * file's, for messages. */
enum { XML_DEPTH = 64 };
int xml_read(const struct xml_handler *reader, struct stream *stream, const char *name, struct tarsier_error *error);

/* True if a text that begins so may be XML: its first character, after a byte order mark and white space, is '<'. */
bool xml_begins(span head);

/* Returns the value of an attribute, whose name may have the prefix of a namespace; "" if it is absent. */
const char *xml_attribute(const char **attributes, const char *name);

#endif
