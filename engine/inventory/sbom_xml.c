/* CycloneDX in XML */
#include "inventory/sbom.h"

#include <expat.h>
#include <string.h>

/*
 * <bom xmlns="http://cyclonedx.org/schema/bom/1.5"> <components> <component type="library"> <name>, <version>, <purl>,
 * <licenses> <license> <id> or <name>, or <expression>, and <components> again. <metadata> has a component too: the thing that
 * the document is about, which is not one of its packages.
 *
 * Expat does not fetch external entities, and limits the expansion of internal ones.
 */
enum { DEEPEST = 200, TEXT_LIMIT = 4096 };

struct bom_component {
	char texts[4][TEXT_LIMIT];
	bool operating_system;
	int depth;               /* of its element */
	struct bom_component *above; /* that it is a part of; or the next unused one */
};
enum field { NAME, VERSION, PURL, LICENSE, NONE };

struct xml_reader {
	struct sbom *sbom;
	struct tarsier_error *error;
	XML_Parser parser;
	struct bom_component *component, *unused;
	int depth, code;
	int in_metadata; /* depth of that element; 0: not inside */
	enum field field;
	size_t length;
	bool known;
};

static const char namespace_start[] = "http://cyclonedx.org/schema/bom/";

static void stop(struct xml_reader *reader, int code)
{
	reader->code = code;
	XML_StopParser(reader->parser, XML_FALSE);
}

static const char *local_name(const char *name)
{
	const char *bar = strrchr(name, '|');
	return bar ? bar + 1 : name;
}

static int add(struct xml_reader *reader, const struct bom_component *component)
{
	const struct sbom_package package = {
		.name = span_of(component->texts[NAME]), .version = span_of(component->texts[VERSION]),
		.purl = span_of(component->texts[PURL]), .license = span_of(component->texts[LICENSE]),
		.operating_system = component->operating_system};
	return sbom_add(reader->sbom, &package, reader->error);
}

static void begin_component(struct xml_reader *reader, const char **attributes)
{
	struct bom_component *component = reader->unused;
	if (component)
		reader->unused = component->above;
	else
		component = arena_alloc(&reader->sbom->scratch, sizeof *component);
	if (!component) {
		stop(reader, error_memory(reader->error));
		return;
	}
	memset(component, 0, sizeof *component);
	component->above = reader->component;
	component->depth = reader->depth;
	for (; *attributes; attributes += 2)
		if (strcmp(attributes[0], "type") == 0)
			component->operating_system = strcmp(attributes[1], "operating-system") == 0;
	reader->component = component;
}

/* A <component> in the <components> of the document or of another component; not one in a pedigree. */
static bool is_package(const struct xml_reader *reader, const char *name)
{
	int above = reader->component ? reader->component->depth : 1;
	return !reader->in_metadata && strcmp(name, "component") == 0 && reader->depth == above + 2;
}

static enum field field_of(const struct xml_reader *reader, const char *name)
{
	static const char *const names[] = {"name", "version", "purl"};
	int below = reader->component && !reader->in_metadata ? reader->depth - reader->component->depth : 0;
	for (int i = 0; below == 1 && i < LICENSE; i++)
		if (strcmp(name, names[i]) == 0)
			return (enum field)i;
	bool license = below > 1 && (strcmp(name, "id") == 0 || strcmp(name, "expression") == 0);
	return license && !reader->component->texts[LICENSE][0] ? LICENSE : NONE;
}

static void XMLCALL on_start(void *user, const char *name, const char **attributes)
{
	struct xml_reader *reader = user;
	const char *local = local_name(name);
	if (++reader->depth > DEEPEST) {
		stop(reader, error_set(reader->error, TARSIER_LIMIT, "elements are nested more than %d deep", DEEPEST));
		return;
	}
	if (reader->depth == 1)
		reader->known = strncmp(name, namespace_start, sizeof namespace_start - 1) == 0 && strcmp(local, "bom") == 0;
	if (reader->depth == 1 && !reader->known)
		stop(reader, TARSIER_OK);
	if (!reader->in_metadata && strcmp(local, "metadata") == 0)
		reader->in_metadata = reader->depth;
	if (is_package(reader, local))
		begin_component(reader, attributes);
	reader->field = field_of(reader, local);
	reader->length = 0;
}

static void XMLCALL on_text(void *user, const char *text, int length)
{
	struct xml_reader *reader = user;
	if (!reader->component || reader->field == NONE)
		return;
	size_t room = TEXT_LIMIT - 1 - reader->length, more = (size_t)length < room ? (size_t)length : room;
	memcpy(reader->component->texts[reader->field] + reader->length, text, more);
	reader->length += more;
}

static void XMLCALL on_end(void *user, const char *name)
{
	struct xml_reader *reader = user;
	(void)name;
	reader->field = NONE;
	if (reader->depth == reader->in_metadata)
		reader->in_metadata = 0;
	struct bom_component *done = reader->component;
	if (done && reader->depth == done->depth) {
		int code = add(reader, done);
		reader->component = done->above;
		done->above = reader->unused;
		reader->unused = done;
		if (code < 0)
			stop(reader, code);
	}
	reader->depth--;
}

static int finish(struct xml_reader *reader, enum XML_Status status, bool *known)
{
	enum XML_Error reason = XML_GetErrorCode(reader->parser);
	*known = reader->known;
	if (reader->code < 0 || !reader->known)
		return reader->code;
	if (status == XML_STATUS_OK)
		return TARSIER_OK;
	if (reason == XML_ERROR_NO_MEMORY)
		return error_memory(reader->error);
	return error_set(reader->error, TARSIER_FORMAT, "line %lu of this XML: %s",
	                 (unsigned long)XML_GetCurrentLineNumber(reader->parser), XML_ErrorString(reason));
}

int sbom_read_xml(struct sbom *sbom, span text, bool *known, struct tarsier_error *error)
{
	struct xml_reader reader = {.sbom = sbom, .error = error, .field = NONE, .parser = XML_ParserCreateNS(NULL, '|')};
	if (!reader.parser)
		return error_memory(error);
	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader.parser, on_text);
	int code = finish(&reader, XML_Parse(reader.parser, text.ptr, (int)text.len, 1), known);
	XML_ParserFree(reader.parser);
	return code;
}
