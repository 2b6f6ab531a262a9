/* reads Gentoo's package database */
#include "format/version.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <stdio.h>
#include <string.h>

/*
 * var/db/pkg/CATEGORY/NAME-VERSION/ is the folder of a package (portage(5)); CONTENTS in it lists what it installed:
 *
 *	dir /usr/bin
 *	obj /usr/bin/x d41d8cd98f00b204e9800998ecf8427e 1700000000      a path may hold spaces
 *	sym /usr/lib/x.so -> x.so.1 1700000000
 *
 * A name never ends with a hyphen and a version (PMS 3.1.2), so the version begins at the first hyphen behind which the
 * whole rest is one.
 */
static bool split(span folder, span *name, span *version)
{
	const struct version_scheme *scheme = version_scheme("portage");
	for (size_t i = 1; i < folder.len; i++) {
		*name = (span){folder.ptr, i};
		*version = span_from(folder, i + 1);
		if (folder.ptr[i] == '-' && scheme->valid(*version))
			return true;
	}
	return false;
}

static int own(struct reader_output *output, span line, struct tarsier_error *error)
{
	bool link = span_starts(line, "sym ");
	span path = span_from(line, 4);
	if (!link && !span_starts(line, "obj "))
		return TARSIER_OK;
	const char *arrow = link && path.len ? memmem(path.ptr, path.len, " -> ", 4) : NULL;
	for (int i = 0; i < 2 && !link; i++) /* without the time and the checksum */
		path.len = span_find_last(path, ' ') > 0 ? (size_t)span_find_last(path, ' ') : path.len;
	if (arrow)
		path.len = (size_t)(arrow - path.ptr);
	return reader_output_own(output, SPAN(""), path, error);
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	char name[2 * PACKAGE_FIELD_LIMIT];
	span rest = evidence->content, line, base, version;
	span folder = {evidence->path.ptr, evidence->path.len - sizeof "/CONTENTS" + 1};
	size_t slash = (size_t)span_find_last(folder, '/');
	span category = {folder.ptr, slash};
	category = span_from(category, (size_t)(span_find_last(category, '/') + 1));
	if (span_starts(span_from(folder, slash + 1), "-MERGING-"))
		return TARSIER_OK; /* a merge that is under way, or was interrupted */
	if (!split(span_from(folder, slash + 1), &base, &version))
		return reader_output_note(output, false, "the folder's name does not end with a version", error);
	int code = TARSIER_OK;
	while (code >= 0 && span_next(&rest, '\n', &line))
		code = own(output, line, error);
	int length = snprintf(name, sizeof name, "%.*s/%.*s", SPAN_WHOLE(category), SPAN_WHOLE(base));
	return code < 0 ? code : reader_add(output, &(struct package_spans){.type = "ebuild", .version = version,
	                                                                     .name = {name, (size_t)length}}, error);
}

const struct reader reader_portage = {
	.name = "portage",
	.version = 1,
	.evidence = (const char *const[]){"var/db/pkg/*/*/CONTENTS", NULL},
	.limit = 32 << 20, /* the kernel's sources are 10 MB of lines */
	.read = read,
};
