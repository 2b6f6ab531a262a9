#include "inventory/rpm_header.h"

#include <string.h>

/*
 * rpm's header format (rpm.org, "RPM v4 Package format", the header structure without its magic), all big-endian:
 *
 *	u32 index entries, u32 data bytes
 *	index: entries of u32 tag, u32 type, u32 offset into the data, u32 count
 *	data
 */
enum { HEADER_HEAD = 8, INDEX_ENTRY = 16 };

enum { /* rpmtag.h */
	TAG_NAME = 1000,
	TAG_VERSION = 1001,
	TAG_RELEASE = 1002,
	TAG_EPOCH = 1003,
	TAG_VENDOR = 1011,
	TAG_LICENSE = 1014,
	TAG_ARCH = 1022,
	TAG_SOURCERPM = 1044,
	TAG_DIRINDEXES = 1116,
	TAG_BASENAMES = 1117,
	TAG_DIRNAMES = 1118,
	TAG_MODULARITYLABEL = 5096,
};
enum { TYPE_INT32 = 4, TYPE_STRING = 6, TYPE_STRINGS = 8 };

static uint32_t big_endian(const char *bytes)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static bool read_string(span data, uint32_t type, size_t offset, span *string)
{
	span rest = span_from(data, offset);
	const char *end = rest.len ? memchr(rest.ptr, '\0', rest.len) : NULL;
	if (type != TYPE_STRING || !end)
		return false;
	if (!string->ptr) /* rpm also uses one of several entries with the same tag */
		*string = (span){rest.ptr, (size_t)(end - rest.ptr)};
	return true;
}

static bool read_epoch(span data, uint32_t type, size_t offset, uint32_t count, struct rpm_header *header)
{
	span rest = span_from(data, offset);
	if (type != TYPE_INT32 || count != 1 || rest.len < 4)
		return false;
	header->epoch = big_endian(rest.ptr);
	header->has_epoch = true;
	return true;
}

static bool read_array(span data, const char *entry, uint32_t type, struct rpm_array *array)
{
	*array = (struct rpm_array){span_from(data, big_endian(entry + 8)), big_endian(entry + 12)};
	return big_endian(entry + 4) == type && array->count <= array->data.len;
}

static bool read_entry(const char *entry, span data, struct rpm_header *header)
{
	uint32_t type = big_endian(entry + 4), count = big_endian(entry + 12);
	size_t offset = big_endian(entry + 8);
	switch (big_endian(entry)) {
	case TAG_NAME: return read_string(data, type, offset, &header->name);
	case TAG_VERSION: return read_string(data, type, offset, &header->version);
	case TAG_RELEASE: return read_string(data, type, offset, &header->release);
	case TAG_ARCH: return read_string(data, type, offset, &header->architecture);
	case TAG_VENDOR: return read_string(data, type, offset, &header->vendor);
	case TAG_LICENSE: return read_string(data, type, offset, &header->license), true; /* no reason to miss a package */
	case TAG_MODULARITYLABEL: return read_string(data, type, offset, &header->module);
	case TAG_SOURCERPM: return read_string(data, type, offset, &header->source);
	case TAG_EPOCH: return read_epoch(data, type, offset, count, header);
	case TAG_DIRINDEXES: return read_array(data, entry, TYPE_INT32, &header->file_folders);
	case TAG_BASENAMES: return read_array(data, entry, TYPE_STRINGS, &header->file_names);
	case TAG_DIRNAMES: return read_array(data, entry, TYPE_STRINGS, &header->folders);
	}
	return true;
}

bool rpm_header_read(span blob, struct rpm_header *header)
{
	*header = (struct rpm_header){0};
	if (blob.len < HEADER_HEAD)
		return false;
	uint64_t entries = big_endian(blob.ptr), bytes = big_endian(blob.ptr + 4);
	if (HEADER_HEAD + entries * INDEX_ENTRY + bytes > blob.len)
		return false;
	const char *index = blob.ptr + HEADER_HEAD;
	span data = {index + entries * INDEX_ENTRY, bytes};
	for (uint64_t i = 0; i < entries; i++)
		if (!read_entry(index + i * INDEX_ENTRY, data, header))
			return false;
	return true;
}

/* ---- the package's files ----------------------------------------------------------------------------------------- */

enum { FOLDERS_LIMIT = 1 << 20 }; /* for one package: a kernel's headers have 3,000 */

static int no_files(const struct rpm_header *header, struct tarsier_error *error)
{
	return error_set(error, TARSIER_FORMAT, "package \"%.*s\": its list of files is invalid", SPAN_ARG(header->name));
}

static bool take_string(span *rest, span *string)
{
	const char *end = rest->len ? memchr(rest->ptr, '\0', rest->len) : NULL;
	if (!end)
		return false;
	*string = (span){rest->ptr, (size_t)(end - rest->ptr)};
	*rest = span_from(*rest, string->len + 1);
	return true;
}

/* Folder names end with a slash. */
static bool take_folders(const struct rpm_array *array, span *folders)
{
	span rest = array->data;
	for (uint32_t i = 0; i < array->count; i++) {
		if (!take_string(&rest, &folders[i]))
			return false;
		if (span_ends(folders[i], "/"))
			folders[i].len--;
	}
	return true;
}

static int own_files(const struct rpm_header *header, const span *folders, struct reader_output *output,
                     struct tarsier_error *error)
{
	span names = header->file_names.data, numbers = header->file_folders.data, name;
	int code = TARSIER_OK;
	for (uint32_t i = 0; i < header->file_names.count && code >= 0; i++) {
		uint32_t number = numbers.len >= 4 ? big_endian(numbers.ptr) : UINT32_MAX;
		if (number >= header->folders.count || !take_string(&names, &name))
			return no_files(header, error);
		numbers = span_from(numbers, 4);
		code = reader_output_own(output, folders[number], name, error);
	}
	return code;
}

int rpm_header_own_files(const struct rpm_header *header, struct reader_output *output, struct tarsier_error *error)
{
	struct arena scratch;
	if (header->file_names.count != header->file_folders.count || header->folders.count > FOLDERS_LIMIT)
		return no_files(header, error);
	if (!header->file_names.count)
		return TARSIER_OK;
	arena_init(&scratch, &output->arena->allocator);
	span *folders = arena_array(&scratch, header->folders.count, sizeof *folders);
	int code = TARSIER_OK;
	if (!folders)
		code = error_memory(error);
	else if (!take_folders(&header->folders, folders))
		code = no_files(header, error);
	else
		code = own_files(header, folders, output, error);
	arena_free(&scratch);
	return code;
}

/* ---- the source package ------------------------------------------------------------------------------------------ */

span rpm_module_stream(span label)
{
	span name, rest, stream, version;
	if (!span_cut(label, ':', &name, &rest))
		return (span){"", 0};
	span_cut(rest, ':', &stream, &version);
	return name.len && stream.len ? (span){name.ptr, name.len + 1 + stream.len} : (span){"", 0};
}

/* Splits at the last '-'. */
static bool cut_last(span text, span *before, span *after)
{
	ptrdiff_t at = span_find_last(text, '-');
	if (at <= 0)
		return false;
	*before = (span){text.ptr, (size_t)at};
	*after = span_from(text, (size_t)at + 1);
	return after->len > 0;
}

bool rpm_source_split(span file, span *name, span *version)
{
	span before, release, upstream;
	*name = *version = (span){"", 0};
	if (span_ends(file, ".src.rpm"))
		file.len -= strlen(".src.rpm");
	else if (span_ends(file, ".nosrc.rpm"))
		file.len -= strlen(".nosrc.rpm");
	else
		return false;
	if (!cut_last(file, &before, &release) || !cut_last(before, name, &upstream))
		return *name = (span){"", 0}, false;
	*version = (span){upstream.ptr, upstream.len + 1 + release.len};
	return true;
}
