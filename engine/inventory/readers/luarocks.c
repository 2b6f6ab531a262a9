/* reads installed Lua rocks */
#include "format/assignment.h"
#include "inventory/reader_add.h"
#include "layer/path_match.h"
#include "layer/reader.h"

/*
 * LuaRocks keeps the rockspec of each rock that it installs, and what it installed, as
 *
 *	lib/luarocks/rocks-5.4/NAME/VERSION/NAME-VERSION.rockspec
 *	lib/luarocks/rocks-5.4/NAME/VERSION/rock_manifest
 *
 * with "rocks" before LuaRocks 3.0. A rockspec is a Lua program that may compute its version, so the path tells both;
 * the licence is a plain text in nearly all. VERSION includes the revision of the rockspec: "3.1.0-1".
 */
enum { LIMIT = 1 << 20 };

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "luarocks"};
	span path = evidence->path, rest = evidence->content, key, value;
	path_take_last(&path);
	package.version = path_take_last(&path);
	package.name = path_take_last(&path);
	while (!package.license.len && assignment_next(&rest, &key, &value))
		if (span_is(key, "license"))
			assignment_quoted(&value, &package.license);
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_luarocks = {
	.name = "luarocks",
	.version = 1,
	.evidence = (const char *const[]){"**/luarocks/rocks/*/*/*.rockspec", "**/luarocks/rocks-*/*/*/*.rockspec", NULL},
	.limit = LIMIT,
	.head = true,
	.read = read,
};
