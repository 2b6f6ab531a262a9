#include "stream/xml_read.h"

#include <expat.h>
#include <string.h>

enum { CHUNK = 64 << 10 };

struct xml_reading {
	const struct xml_handler *reader;
	XML_Parser parser;
	struct tarsier_error *error;
	struct buffer text;          /* since the last tag */
	int depth, code;             /* code: of a failure within a handler */
};

bool xml_begins(span head)
{
	return span_starts(span_trim(span_starts(head, "\xEF\xBB\xBF") ? span_from(head, 3) : head), "<");
}

static const char *local_name(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

const char *xml_attribute(const char **attributes, const char *name)
{
	for (; *attributes; attributes += 2)
		if (strcmp(local_name(attributes[0]), name) == 0)
			return attributes[1];
	return "";
}

static void stop(struct xml_reading *reading, int code)
{
	if (code >= 0)
		return;
	reading->code = code;
	XML_StopParser(reading->parser, XML_FALSE);
}

static void XMLCALL on_start(void *user, const char *name, const char **attributes)
{
	struct xml_reading *reading = user;
	const struct xml_handler *reader = reading->reader;
	reading->text.length = 0;
	if (++reading->depth > XML_DEPTH)
		stop(reading, error_set(reading->error, TARSIER_FORMAT, "elements more than %d deep", XML_DEPTH));
	else
		stop(reading, reader->start(reader->user, local_name(name), attributes, reading->error));
}

static void XMLCALL on_end(void *user, const char *name)
{
	struct xml_reading *reading = user;
	const struct xml_handler *reader = reading->reader;
	reading->depth--;
	if (reading->code >= 0) /* an empty element ends even after its start has stopped the parser */
		stop(reading, reader->end(reader->user, local_name(name), span_trim(buffer_span(&reading->text)), reading->error));
	reading->text.length = 0;
}

static void XMLCALL on_text(void *user, const char *text, int length)
{
	struct xml_reading *reading = user;
	size_t room = reading->reader->text_limit - reading->text.length, size = (size_t)length;
	if (!buffer_add(&reading->text, text, size < room ? size : room))
		stop(reading, error_memory(reading->error));
}

static void XMLCALL on_doctype(void *user, const char *name, const char *system, const char *public, int has_subset)
{
	struct xml_reading *reading = user;
	(void)name, (void)system, (void)public, (void)has_subset;
	stop(reading, error_set(reading->error, TARSIER_FORMAT, "it has a document type declaration"));
}

static int parse(struct xml_reading *reading, struct stream *stream, struct tarsier_error *error)
{
	for (;;) {
		void *room = XML_GetBuffer(reading->parser, CHUNK);
		ssize_t got = room ? stream_read(stream, room, CHUNK, error) : error_memory(error);
		if (got < 0)
			return (int)got;
		bool fine = XML_ParseBuffer(reading->parser, (int)got, got == 0) == XML_STATUS_OK;
		if (!fine && reading->code >= 0)
			return error_set(error, TARSIER_FORMAT, "line %lu: %s", XML_GetCurrentLineNumber(reading->parser),
			                 XML_ErrorString(XML_GetErrorCode(reading->parser)));
		if (!fine || got == 0)
			return reading->code;
	}
}

int xml_read(const struct xml_handler *reader, struct stream *stream, const char *name, struct tarsier_error *error)
{
	struct xml_reading reading = {.reader = reader, .error = error, .parser = XML_ParserCreate(NULL)};
	if (!reading.parser)
		return error_memory(error);
	buffer_init(&reading.text, NULL);
	XML_SetUserData(reading.parser, &reading);
	XML_SetElementHandler(reading.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reading.parser, on_doctype);
	int code = parse(&reading, stream, error);
	XML_ParserFree(reading.parser);
	buffer_free(&reading.text);
	return code < 0 && !strstr(error->message, name) ? error_prefix(error, "%s", name) : code;
}
