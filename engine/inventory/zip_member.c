#include "inventory/zip_member.h"

#include <string.h>
#include <zlib.h>

/*
 * PKWARE's APPNOTE.TXT, 4.3: the end record is the last thing in the file except for a comment. It points to the
 * central directory, which has an entry for each member with the member's offset. All numbers are little-endian.
 *
 *	end     "PK\5\6" u16*3 u16 entries u32 size u32 offset u16 comment
 *	entry   "PK\1\2" u16*3 u16 method u16*2 u32 crc u32 packed u32 size u16 name u16 extra u16 comment u16*2 u32 u32 local
 *	local   "PK\3\4" u16*2 u16 method u16*2 u32*3 u16 name u16 extra, then the member's bytes
 */
enum { END = 22, ENTRY = 46, LOCAL = 30, COMMENT = 65535, STORED = 0, DEFLATED = 8 };

struct zip_entry { size_t local, packed, size; unsigned method; };

static unsigned u16(const char *bytes)
{
	return (unsigned)(unsigned char)bytes[0] | (unsigned)(unsigned char)bytes[1] << 8;
}

static size_t u32(const char *bytes)
{
	return u16(bytes) | (size_t)u16(bytes + 2) << 16;
}

bool zip_is(span file)
{
	return file.len >= END && (memcmp(file.ptr, "PK\3\4", 4) == 0 || memcmp(file.ptr, "PK\5\6", 4) == 0);
}

/* Returns NULL if there is none. */
static const char *find_end(span file)
{
	size_t furthest = file.len > END + COMMENT ? file.len - END - COMMENT : 0;
	for (size_t at = file.len < END ? 0 : file.len - END + 1; at-- > furthest;)
		if (memcmp(file.ptr + at, "PK\5\6", 4) == 0)
			return file.ptr + at;
	return NULL;
}

static int broken(struct tarsier_error *error)
{
	return error_set(error, TARSIER_FORMAT, "not a readable zip file");
}

static int find_member(span file, const char *name, struct zip_entry *member, struct tarsier_error *error)
{
	const char *end = find_end(file);
	if (!end)
		return broken(error);
	span rest = span_from(file, u32(end + 16));
	for (unsigned entries = u16(end + 10); entries; entries--) {
		if (rest.len < ENTRY || memcmp(rest.ptr, "PK\1\2", 4) != 0)
			return broken(error);
		size_t length = u16(rest.ptr + 28), whole = ENTRY + length + u16(rest.ptr + 30) + u16(rest.ptr + 32);
		if (rest.len < whole)
			return broken(error);
		if (span_is((span){rest.ptr + ENTRY, length}, name)) {
			*member = (struct zip_entry){.local = u32(rest.ptr + 42), .packed = u32(rest.ptr + 20),
			                          .size = u32(rest.ptr + 24), .method = u16(rest.ptr + 10)};
			return TARSIER_OK;
		}
		rest = span_from(rest, whole);
	}
	return error_set(error, TARSIER_NOT_FOUND, "the zip file does not contain %s", name);
}

static int inflate_raw(span packed, char *room, size_t size, struct tarsier_error *error)
{
	z_stream stream = {.next_in = (unsigned char *)(uintptr_t)packed.ptr, .avail_in = (unsigned)packed.len,
	                   .next_out = (unsigned char *)room, .avail_out = (unsigned)size};
	if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
		return error_memory(error);
	int result = inflate(&stream, Z_FINISH);
	bool whole = result == Z_STREAM_END && stream.avail_out == 0;
	inflateEnd(&stream);
	return whole ? TARSIER_OK : broken(error);
}

int zip_member(struct arena *arena, span file, const char *name, size_t limit, span *content, struct tarsier_error *error)
{
	struct zip_entry member = {0};
	int code = find_member(file, name, &member, error);
	if (code < 0)
		return code;
	span local = span_from(file, member.local);
	if (local.len < LOCAL || memcmp(local.ptr, "PK\3\4", 4) != 0)
		return broken(error);
	span packed = span_from(local, LOCAL + u16(local.ptr + 26) + u16(local.ptr + 28));
	if (member.packed > packed.len)
		return broken(error);
	packed.len = member.packed;
	if (member.size > limit)
		return error_set(error, TARSIER_LIMIT, "%s is larger than %zu bytes", name, limit);
	if (member.method == STORED && member.packed == member.size)
		return *content = packed, TARSIER_OK;
	if (member.method != DEFLATED)
		return error_set(error, TARSIER_UNSUPPORTED, "%s uses compression method %u", name, member.method);
	char *room = arena_alloc(arena, member.size + 1);
	if (!room)
		return error_memory(error);
	*content = (span){room, member.size};
	return inflate_raw(packed, room, member.size, error);
}
