/* reads installed Node.js packages */
#include "format/json_walk.h"
#include "format/url.h"
#include "inventory/json_licenses.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <string.h>

/*
 * One file for each package: package.json in node_modules/NAME or node_modules/@SCOPE/NAME. Such folders nest, and
 * those of pnpm (.pnpm/NAME@VERSION/node_modules/NAME) have the same form. A project's own package.json is elsewhere. So are
 * three kinds of installed packages: Debian's, in usr/share/nodejs; those that corepack downloads; and Yarn 1 in images
 * of Node.js, in opt/yarn-vVERSION.
 *
 * The file's name and version count, not the folder's name: "npm install old@npm:lodash@4.17.20" installs lodash in
 * node_modules/old, and advisories name lodash.
 *
 * A file that is not JSON, or whose name or version npm would reject, is only noted: npm did not install it. A file
 * beyond a limit (of size or depth) may be a package, so it is an error.
 */
enum {
	FILE_LIMIT = 1 << 20, /* npm publishes a readme beside package.json, so that real ones have a few KiB; 100 is rare */
	NAME_LIMIT = 214,     /* npm's, the scope included: docs.npmjs.com, "package.json", name */
	VERSION_LIMIT = 256,  /* MAX_LENGTH of node-semver, which npm reads versions with */
};

/* Before npm replaces or removes a package, it moves it to ".NAME-HASH". The files of an interrupted npm are no longer
 * installed, and Node.js does not find a package by such a name. */
static bool is_leftover(span path)
{
	ptrdiff_t slash = span_find_last(path, '/');
	span folder = {path.ptr, slash < 0 ? 0 : (size_t)slash};
	return span_starts(span_from(folder, (size_t)(span_find_last(folder, '/') + 1)), ".");
}

/* Accepts the bytes that JavaScript's encodeURIComponent does not encode, and no leading dot. */
static bool is_name_part(span part)
{
	for (size_t i = 0; i < part.len; i++)
		if (!url_is_unreserved(part.ptr[i]) && !memchr("!*'()", part.ptr[i], 5))
			return false;
	return part.len && part.ptr[0] != '.';
}

/* name := ["@" part "/"] part          as validate-npm-package-name wants them of old packages, whose letters may be
 *                                      large; without its rules against names that cannot be published */
static bool is_name(span name)
{
	span scope, part = name;
	if (name.len > NAME_LIMIT)
		return false;
	if (!span_starts(name, "@"))
		return is_name_part(name);
	return span_cut(span_from(name, 1), '/', &scope, &part) && is_name_part(scope) && is_name_part(part);
}

/* Accepts any printable ASCII: whether it is a semantic version is checked when it is matched. */
static bool is_version(span version)
{
	for (size_t i = 0; i < version.len; i++)
		if (version.ptr[i] <= ' ' || version.ptr[i] > '~')
			return false;
	return version.len <= VERSION_LIMIT;
}

/* The members that count: the last of several of one name, as in Node.js. The licences are values as written. */
struct members {
	span name, version, license, licenses;
};

static int find_members(struct arena *scratch, span content, struct members *members, struct tarsier_error *error)
{
	struct json_walk walk;
	span key, value;
	json_walk_begin(&walk, content);
	while (json_walk_next(&walk, &key, &value)) {
		if (json_walk_key_is(key, "name"))
			members->name = json_walk_string(scratch, value);
		else if (json_walk_key_is(key, "version"))
			members->version = json_walk_string(scratch, value);
		else if (json_walk_key_is(key, "license"))
			members->license = value;
		else if (json_walk_key_is(key, "licenses"))
			members->licenses = value;
	}
	if (!members->name.ptr || !members->version.ptr)
		return error_memory(error);
	return json_walk_result(&walk, "package.json", error);
}

static int check_members(const struct members *members, struct tarsier_error *error)
{
	if (!members->name.len || !members->version.len)
		return error_set(error, TARSIER_FORMAT, "not a package: it has no name or no version");
	if (!is_name(members->name))
		return error_set(error, TARSIER_FORMAT, "not a package: npm does not allow its name");
	if (!is_version(members->version))
		return error_set(error, TARSIER_FORMAT, "not a package: the version of \"%.*s\" is longer than %d bytes, or not all "
		                 "of it is printable ASCII", SPAN_ARG(members->name), VERSION_LIMIT);
	return TARSIER_OK;
}

static int add_package(struct arena *scratch, const struct members *members, struct reader_output *output,
                       struct tarsier_error *error)
{
	struct package_spans package = {.type = "npm", .ecosystem = "npm", .name = members->name, .version = members->version};
	span license = members->license.len ? members->license : members->licenses;
	struct tarsier_error unused;
	json_t *list = NULL;
	if (span_starts(license, "{") || span_starts(license, "["))
		json_parse(license, FILE_LIMIT, "license", &list, &unused); /* text that is not UTF-8 names no licence */
	else
		package.license = json_walk_string(scratch, license);
	int code = list ? reader_add_json(output, package, list, error) : reader_add(output, &package, error);
	json_decref(list);
	return code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	struct members members = {SPAN(""), SPAN(""), SPAN(""), SPAN("")};
	struct arena scratch;
	if (is_leftover(evidence->path))
		return TARSIER_OK;
	arena_init(&scratch, &output->arena->allocator);
	int code = find_members(&scratch, evidence->content, &members, error);
	if (code >= 0)
		code = check_members(&members, error);
	if (code >= 0)
		code = add_package(&scratch, &members, output, error);
	arena_free(&scratch);
	return reader_skip_file(output, code, error);
}

const struct reader reader_node = {
	.name = "node",
	.version = 5,
	.evidence = (const char *const[]){"**/node_modules/*/package.json", "**/node_modules/@*/*/package.json",
	                                  "usr/share/nodejs/*/package.json", "usr/share/nodejs/@*/*/package.json",
	                                  "**/corepack/v1/*/*/package.json", "opt/yarn-*/package.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
