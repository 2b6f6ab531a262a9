/* reads installed Node.js packages */
#include "format/json.h"
#include "format/url.h"
#include "inventory/json_licenses.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <string.h>

/*
 * One file for each package: package.json in node_modules/NAME or node_modules/@SCOPE/NAME. Such folders nest, and
 * those of pnpm (.pnpm/NAME@VERSION/node_modules/NAME) have the same form. A project's own package.json is elsewhere.
 *
 * The file's name and version count, not the folder's name: "npm install old@npm:lodash@4.17.20" installs lodash in
 * node_modules/old, and advisories name lodash.
 *
 * A file that is not JSON, or whose name or version npm would reject, is only noted: npm did not install it. A file
 * beyond a limit (of size, depth or density) may be a package, so it is an error.
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

static int add_package(const json_t *file, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "npm", .ecosystem = "npm", .name = span_of(json_text(file, "name")),
	                                .version = span_of(json_text(file, "version"))};
	if (!package.name.len || !package.version.len)
		return error_set(error, TARSIER_FORMAT, "not a package: it has no name or no version");
	if (!is_name(package.name))
		return error_set(error, TARSIER_FORMAT, "not a package: npm does not allow its name");
	if (!is_version(package.version))
		return error_set(error, TARSIER_FORMAT, "not a package: the version of \"%.*s\" is longer than %d bytes, or not all "
		                 "of it is printable ASCII", SPAN_ARG(package.name), VERSION_LIMIT);
	return reader_add_json(output, package, json_object_get(file, json_object_get(file, "license") ? "license" : "licenses"),
	                       error);
}

/* Returns a copy with DEL for each byte that is not ASCII, and for the backslash of each "\uXXXX". */
static span make_ascii(struct arena *arena, span text)
{
	if (span_starts(text, "\xef\xbb\xbf"))
		text = span_from(text, 3); /* json_parse also skips a byte-order mark */
	char *copy = span_copy(arena, text);
	for (size_t i = 0; copy && i < text.len; i++) {
		bool escapes = copy[i] == '\\';
		if ((unsigned char)copy[i] >= 0x80 || (escapes && copy[i + 1] == 'u'))
			copy[i] = 0x7f;
		i += escapes; /* the escaped character may be a backslash */
	}
	return (span){copy, copy ? text.len : 0};
}

/* Node.js reads files that jansson rejects: an author's name in Latin-1, or "\uXXXX" for a NUL or half of a surrogate
 * pair. Names and versions do not contain such bytes, so the file is read again without them. */
static int parse(struct arena *scratch, span content, json_t **file, struct tarsier_error *error)
{
	struct tarsier_error of_copy;
	int code = json_parse(content, FILE_LIMIT, "package.json", file, error);
	if (code != TARSIER_FORMAT)
		return code;
	content = make_ascii(scratch, content);
	code = content.ptr ? json_parse(content, FILE_LIMIT, "package.json", file, &of_copy) : TARSIER_MEMORY;
	return code == TARSIER_MEMORY ? error_memory(error) : code;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *file;
	struct arena scratch;
	if (is_leftover(evidence->path))
		return TARSIER_OK;
	arena_init(&scratch, &output->arena->allocator);
	int code = parse(&scratch, evidence->content, &file, error);
	if (code >= 0)
		code = add_package(file, output, error);
	json_decref(file);
	arena_free(&scratch);
	return reader_skip_file(output, code, error);
}

const struct reader reader_node = {
	.name = "node",
	.version = 4,
	.evidence = (const char *const[]){"**/node_modules/*/package.json", "**/node_modules/@*/*/package.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
