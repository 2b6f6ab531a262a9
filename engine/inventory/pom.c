#include "inventory/pom.h"

#include "format/spdx.h"
#include "inventory/jar_identity.h"

#include <string.h>

bool pom_read_properties(span text, struct pom *pom)
{
	span line, key, value;
	*pom = (struct pom){0};
	while (span_next(&text, '\n', &line)) {
		line = span_trim(line);
		if (!line.len || line.ptr[0] == '#' || line.ptr[0] == '!' || !span_cut(line, '=', &key, &value))
			continue;
		key = span_trim(key);
		value = span_trim(value);
		if (span_is(key, "groupId"))
			pom->group = value;
		else if (span_is(key, "artifactId"))
			pom->artifact = value;
		else if (span_is(key, "version"))
			pom->version = value;
	}
	return jar_is_id(pom->group) && jar_is_id(pom->artifact) && jar_is_version(pom->version);
}

/* ---- licences ---------------------------------------------------------------------------------------------------- */

/* Position in a document: how many elements are open, and how many of them are those of the path. */
struct pom_position { size_t depth, along; };

static const char *const path_of_name[] = {"project", "licenses", "license", "name"};
enum { PATH = sizeof path_of_name / sizeof *path_of_name };

/* Takes everything up to the mark, mark too. */
static span take_until(span *rest, const char *mark)
{
	span all = *rest;
	size_t length = strlen(mark);
	while (rest->len >= length && memcmp(rest->ptr, mark, length) != 0)
		*rest = span_from(*rest, 1);
	span before = {all.ptr, rest->len < length ? all.len : (size_t)(rest->ptr - all.ptr)};
	*rest = span_from(*rest, rest->len < length ? rest->len : length);
	return before;
}

static void enter(struct pom_position *position, span tag)
{
	size_t length = 0;
	while (length < tag.len && !strchr(" \t\r\n/", tag.ptr[length]))
		length++;
	bool next = position->along == position->depth && position->depth < PATH &&
	            span_is((span){tag.ptr, length}, path_of_name[position->depth]);
	position->along += next;
	position->depth++;
}

static void leave(struct pom_position *position)
{
	if (!position->depth)
		return;
	if (position->along == position->depth)
		position->along--;
	position->depth--;
}

/* Takes the next tag, the "<" of which is taken already. */
static void take_tag(span *rest, struct pom_position *position)
{
	if (span_starts(*rest, "!--")) {
		take_until(rest, "-->");
		return;
	}
	span tag = take_until(rest, ">");
	if (!tag.len || tag.ptr[0] == '!' || tag.ptr[0] == '?')
		return;
	if (tag.ptr[0] == '/') {
		leave(position);
		return;
	}
	enter(position, tag);
	if (tag.ptr[tag.len - 1] == '/')
		leave(position);
}

bool pom_add_licenses(span xml, struct buffer *licenses)
{
	struct pom_position position = {0};
	bool ok = true;
	while (xml.len && ok) {
		span text = span_trim(take_until(&xml, "<"));
		if (text.len && position.along == PATH && position.depth == PATH)
			ok = licenses_add(licenses, text);
		take_tag(&xml, &position);
	}
	return ok;
}
