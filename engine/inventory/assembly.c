#include "inventory/assembly.h"

#include "inventory/reader_add.h"

#include <string.h>

/*
 * A PE file is an assembly if it has a CLI header (ECMA-335, II.25.3.3). Compilers write the assembly's name and version
 * also as resources, for Windows to show ("PE Format", "The .rsrc Section"; "VS_VERSIONINFO structure"), numbers
 * little-endian:
 *
 *	directory ::= 12 bytes, u16 named entries, u16 other entries, {u32 name or number, u32 offset}
 *	              three levels: of the kind (16: version), of the name, of the language. The highest bit of an
 *	              offset is set if a directory is there
 *	leaf      ::= u32 address, u32 size, 8 bytes
 *	text      ::= u16 length, u16 length of the value, u16 type, key, value; both are UTF-16, end with 0, and begin
 *	              at multiples of 4 bytes
 *
 * "ProductVersion" is what the project calls its version, and often that of its package: the version in the assembly's
 * metadata changes with major versions only.
 */
enum { ENTRY = 8, DIRECTORY = 16, KIND_VERSION = 16, TEXT_HEAD = 6 };
#define SUBDIRECTORY UINT32_C(0x80000000)

int assembly_take(struct assembly *assembly, const struct executable *executable, const struct binary_view *view,
                  struct arena *arena, struct tarsier_error *error)
{
	struct binary_capture *resources = &assembly->resources;
	if (!executable->cli || !executable->resources_size || (!resources->wanted && executable->resources < view->offset))
		return TARSIER_OK;
	if (!resources->wanted)
		*resources = (struct binary_capture){.offset = executable->resources, .wanted = ASSEMBLY_RESOURCES};
	return binary_capture_take(resources, view, arena, error);
}

/* ---- the resource of the version --------------------------------------------------------------------------------- */

/* Returns the offset that the directory at `start` has for this kind, or for its first entry if `kind` is 0; 0: none. */
static uint32_t find_entry(span resources, uint32_t start, uint32_t kind)
{
	span directory = span_from(resources, start);
	if (directory.len < DIRECTORY)
		return 0;
	size_t count = (size_t)binary_u16(directory.ptr + 12, false) + binary_u16(directory.ptr + 14, false);
	for (span entry = span_from(directory, DIRECTORY); count && entry.len >= ENTRY; entry = span_from(entry, ENTRY), count--)
		if (!kind || binary_u32(entry.ptr, false) == kind)
			return binary_u32(entry.ptr + 4, false);
	return 0;
}

static span find_version(span resources, uint64_t address)
{
	uint32_t names = find_entry(resources, 0, KIND_VERSION), languages, leaf;
	if (!(names & SUBDIRECTORY) || !((languages = find_entry(resources, names & ~SUBDIRECTORY, 0)) & SUBDIRECTORY))
		return SPAN("");
	leaf = find_entry(resources, languages & ~SUBDIRECTORY, 0);
	span data = span_from(resources, leaf);
	if (!leaf || (leaf & SUBDIRECTORY) || data.len < 16 || binary_u32(data.ptr, false) < address)
		return SPAN("");
	span version = span_from(resources, (size_t)(binary_u32(data.ptr, false) - address));
	uint32_t size = binary_u32(data.ptr + 4, false);
	return version.len > size ? (span){version.ptr, size} : version;
}

/* ---- its texts --------------------------------------------------------------------------------------------------- */

static bool is_key(span at, const char *key)
{
	size_t length = strlen(key) + 1; /* with the 0 */
	if (at.len < 2 * length)
		return false;
	for (size_t i = 0; i < length; i++)
		if (at.ptr[2 * i] != key[i] || at.ptr[2 * i + 1])
			return false;
	return true;
}

/* Returns the value of a key if it is ASCII, without spaces around it; else empty. */
static span find_text(span version, const char *key, char room[ASSEMBLY_TEXT])
{
	size_t length = 0;
	for (size_t i = TEXT_HEAD; i + 2 <= version.len; i += 2) {
		if (!is_key(span_from(version, i), key) || !binary_u16(version.ptr + i - 4, false))
			continue;
		size_t start = (i + 2 * (strlen(key) + 1) + 3) & ~(size_t)3;
		span c = span_from(version, start);
		for (; c.len >= 2 && binary_u16(c.ptr, false) && length < ASSEMBLY_TEXT; c = span_from(c, 2)) {
			if (c.ptr[1] || c.ptr[0] < 0x20 || c.ptr[0] == 0x7f)
				return SPAN("");
			room[length++] = c.ptr[0];
		}
		return span_trim((span){room, length});
	}
	return SPAN("");
}

/* ---- the package ------------------------------------------------------------------------------------------------- */

/* Without ".dll" or ".exe"; empty if the name has neither. */
static span without_extension(span name)
{
	span extension = span_from(name, name.len < 4 ? name.len : name.len - 4);
	bool known = span_is_nocase(extension, ".dll") || span_is_nocase(extension, ".exe");
	return known ? (span){name.ptr, name.len - 4} : SPAN("");
}

/* "13.0.3+4fba53a", "4.6.25519.03 built by: dlab", "3.1.2-servicing.20067.4": the first of these is SemVer's build, the
 * others are habits of .NET's own builds. */
static span clean_version(span text)
{
	static const char servicing[] = "-servicing";
	size_t length = 0;
	while (length < text.len && text.ptr[length] != '+' && text.ptr[length] != ' ' && text.ptr[length] != ',')
		length++;
	text.len = length;
	const char *at = length ? memmem(text.ptr, text.len, servicing, sizeof servicing - 1) : NULL;
	if (at)
		text.len = (size_t)(at - text.ptr);
	return text.len && text.ptr[0] >= '0' && text.ptr[0] <= '9' ? text : SPAN("");
}

int assembly_add(const struct assembly *assembly, const struct executable *executable, span path,
                 struct reader_output *output, struct tarsier_error *error)
{
	char name_room[ASSEMBLY_TEXT], version_room[ASSEMBLY_TEXT];
	if (!assembly->resources.length)
		return TARSIER_OK;
	span resources = {assembly->resources.bytes, assembly->resources.length};
	span texts = find_version(resources, executable->resources_address);
	span version = clean_version(find_text(texts, "ProductVersion", version_room));
	span name = without_extension(find_text(texts, "InternalName", name_room));
	if (!version.len)
		version = clean_version(find_text(texts, "FileVersion", version_room));
	if (!name.len)
		name = without_extension(span_from(path, (size_t)(span_find_last(path, '/') + 1)));
	if (!version.len || !name.len || span_ends(name, ".resources"))
		return TARSIER_OK;
	const struct package_spans package = {.type = "nuget", .ecosystem = "NuGet", .name = name, .version = version,
	                                      .found_by = "binary"};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}
