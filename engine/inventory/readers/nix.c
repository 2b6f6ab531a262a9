/* finds what lies in the Nix store, by the names of its folders */
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * A path of the store is /nix/store/HASH-NAME (Nix manual, "Store Path"), with a hash of 32 characters. nixpkgs makes NAME
 * of a package's name, its version and one of its outputs ("glibc-2.34-210-bin"); the version begins after the first hyphen
 * that no letter follows (builtins.parseDrvName), or with "unstable-" before a date. What is left behind the last hyphen
 * is an output if it has no digit. Names without a version are wrappers, sources and scripts.
 */
enum { HASH = 32 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_hash(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_digit(text.ptr[i]) && (text.ptr[i] < 'a' || text.ptr[i] > 'z'))
			return false;
	return text.len == HASH;
}

static bool has_digit(span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (is_digit(text.ptr[i]))
			return true;
	return false;
}

/* Returns where the version begins, or the length of the name if it has none. */
static size_t find_version(span name)
{
	for (size_t i = 1; i + 1 < name.len; i++)
		if (name.ptr[i] == '-' && (is_digit(name.ptr[i + 1]) || span_starts(span_from(name, i), "-unstable-2")))
			return i + 1;
	return name.len;
}

static span without_output(span version)
{
	ptrdiff_t hyphen = span_find_last(version, '-');
	return hyphen > 0 && !has_digit(span_from(version, (size_t)hyphen + 1)) ? (span){version.ptr, (size_t)hyphen} : version;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span path = {evidence->path.ptr, (size_t)span_find_last(evidence->path, '/')};
	span name = span_from(path, (size_t)(span_find_last(path, '/') + 1));
	if (name.len < HASH + 2 || name.ptr[HASH] != '-' || !is_hash((span){name.ptr, HASH}))
		return TARSIER_OK;
	name = span_from(name, HASH + 1);
	size_t start = find_version(name);
	if (start == name.len)
		return TARSIER_OK;
	const struct package_spans package = {.type = "nix", .name = {name.ptr, start - 1},
	                                      .version = without_output(span_from(name, start))};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_nix = {
	.name = "nix",
	.version = 2,
	.evidence = (const char *const[]){"**/nix/store/*/" EVIDENCE_FOLDER, NULL},
	.folders = true,
	.read = read,
};
