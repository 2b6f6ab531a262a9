/* reads Node.js packages in Yarn's cache */
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <string.h>

/*
 * Yarn 2 and later need no node_modules: programs load packages out of zip files (yarnpkg.com, "Plug'n'Play"). Their
 * names are
 *
 *	NAME "-npm-" VERSION "-" HASH "-" CHECKSUM ".zip"        with "@scope-name" for "@scope/name"
 *
 * The files in them begin with node_modules/NAME/, which tells where the scope ends. Packages of other protocols than npm
 * (patches, git) have other names; a patched package is beside the one that was patched.
 */
enum {
	HEAD = 16 << 10,      /* entries for folders precede the first file */
	LOCAL_HEADER = 30,    /* APPNOTE.TXT, 4.3.7: of a fixed size, then the name and the extra field */
	ENTRIES = 16,
};

static unsigned half(const char *bytes)
{
	return (unsigned char)bytes[0] | (unsigned)(unsigned char)bytes[1] << 8;
}

/* Takes the name of the next entry, if it is a folder or the last one that matters. */
static bool take_entry(span *zip, span *name)
{
	if (!span_starts(*zip, "PK\3\4") || zip->len < LOCAL_HEADER)
		return false;
	size_t length = half(zip->ptr + 26), extra = half(zip->ptr + 28);
	*name = span_from(*zip, LOCAL_HEADER);
	if (name->len < length)
		return false;
	name->len = length;
	*zip = span_from(*zip, LOCAL_HEADER + length + extra); /* a folder has no content */
	return true;
}

/* "node_modules/@scope/name/…" → "@scope/name" */
static span package_name(span path)
{
	span scope, name, rest;
	if (!span_starts(path, "node_modules/"))
		return SPAN("");
	path = span_from(path, sizeof "node_modules/" - 1);
	if (!span_cut(path, '/', &scope, &rest))
		return SPAN("");
	if (!span_starts(scope, "@"))
		return scope;
	return span_cut(rest, '/', &name, &rest) ? (span){path.ptr, scope.len + 1 + name.len} : SPAN("");
}

static span without_last_word(span text)
{
	ptrdiff_t hyphen = span_find_last(text, '-');
	return (span){text.ptr, hyphen < 0 ? 0 : (size_t)hyphen};
}

/* Returns the version in the file's name, if that begins with the package's name. */
static span version_of(span file, span name)
{
	size_t length = name.len + sizeof "-npm-" - 1;
	if (file.len < length)
		return SPAN("");
	for (size_t i = 0; i < name.len; i++)
		if (file.ptr[i] != (name.ptr[i] == '/' ? '-' : name.ptr[i]))
			return SPAN("");
	if (memcmp(file.ptr + name.len, "-npm-", sizeof "-npm-" - 1) != 0)
		return SPAN("");
	return without_last_word(without_last_word(span_from(file, length)));
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span zip = evidence->content, entry, name = SPAN("");
	span file = span_from(evidence->path, (size_t)(span_find_last(evidence->path, '/') + 1));
	for (int i = 0; i < ENTRIES && !name.len && take_entry(&zip, &entry); i++)
		name = package_name(entry);
	span version = version_of(file, name);
	if (!name.len || !version.len)
		return reader_skip_file(output, error_set(error, TARSIER_FORMAT, "not a package of npm's in Yarn's cache"), error);
	return reader_skip_file(output, reader_add(output, &(struct package_spans){
		.type = "npm", .ecosystem = "npm", .name = name, .version = version}, error), error);
}

const struct reader reader_yarn = {
	.name = "yarn",
	.version = 1,
	.evidence = (const char *const[]){"**/.yarn/cache/*.zip", "**/.yarn/berry/cache/*.zip", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
