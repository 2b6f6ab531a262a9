#include "stream/unzip_header.h"

/*
 *	local   "PK\3\4" u16 version u16 flags u16 method u32 time u32 crc u32 packed u32 size u16 name u16 extra
 *	central "PK\1\2" u16*2 versions u16 flags u16 method u32 time u32 crc u32 packed u32 size u16 name u16 extra
 *	        u16 comment u16 disk u16 u32 attributes u32 offset
 *	end     "PK\5\6" u16*2 disks u16*2 entries u32 size u32 offset u16 comment
 *	extra   (u16 id u16 length bytes)*; id 1, zip64: u64 size, packed, offset, each only if its 32 bits are all ones
 */
enum { ZIP64 = 1 };

static unsigned u16(const char *bytes)
{
	return (unsigned)(unsigned char)bytes[0] | (unsigned)(unsigned char)bytes[1] << 8;
}

uint32_t unzip_u32(const char *bytes)
{
	return u16(bytes) | (uint32_t)u16(bytes + 2) << 16;
}

uint64_t unzip_u64(const char *bytes)
{
	return unzip_u32(bytes) | (uint64_t)unzip_u32(bytes + 4) << 32;
}

static void take_u64(span *field, uint64_t *number)
{
	if (*number != UINT32_MAX || field->len < 8)
		return;
	*number = unzip_u64(field->ptr);
	*field = span_from(*field, 8);
}

static void take_zip64(span extra, struct unzip_entry *entry)
{
	while (extra.len >= 4) {
		unsigned id = u16(extra.ptr), length = u16(extra.ptr + 2);
		span field = span_from(extra, 4);
		extra = span_from(field, length);
		if (id != ZIP64)
			continue;
		field.len = field.len < length ? field.len : length;
		take_u64(&field, &entry->size);
		take_u64(&field, &entry->packed);
		take_u64(&field, &entry->offset);
		return;
	}
}

size_t unzip_local_length(const char *header)
{
	return ZIP_LOCAL_SIZE + (size_t)u16(header + 26) + u16(header + 28);
}

size_t unzip_central_length(const char *header)
{
	return ZIP_CENTRAL_SIZE + (size_t)u16(header + 28) + u16(header + 30);
}

struct unzip_entry unzip_local_entry(const char *header)
{
	struct unzip_entry entry = {
		.name = {header + ZIP_LOCAL_SIZE, u16(header + 26)},
		.flags = u16(header + 6),
		.method = u16(header + 8),
		.packed = unzip_u32(header + 18),
		.size = unzip_u32(header + 22),
	};
	take_zip64((span){header + ZIP_LOCAL_SIZE + entry.name.len, u16(header + 28)}, &entry);
	return entry;
}

struct unzip_entry unzip_central_entry(const char *header)
{
	struct unzip_entry entry = {
		.name = {header + ZIP_CENTRAL_SIZE, u16(header + 28)},
		.flags = u16(header + 8),
		.method = u16(header + 10),
		.packed = unzip_u32(header + 20),
		.size = unzip_u32(header + 24),
		.offset = unzip_u32(header + 42),
		.comment = u16(header + 32),
	};
	take_zip64((span){header + ZIP_CENTRAL_SIZE + entry.name.len, u16(header + 30)}, &entry);
	return entry;
}

size_t unzip_end_comment(const char *end)
{
	return u16(end + 20);
}

size_t unzip_descriptor_length(const char *bytes, uint64_t packed, uint64_t size)
{
	for (size_t head = unzip_u32(bytes) == ZIP_DESCRIPTOR ? 8 : 4;; head -= 4) { /* signature and checksum */
		if (unzip_u64(bytes + head) == packed && unzip_u64(bytes + head + 8) == size)
			return head + 16;
		if (unzip_u32(bytes + head) == (uint32_t)packed && unzip_u32(bytes + head + 4) == (uint32_t)size)
			return head + 8;
		if (head == 4)
			return 0;
	}
}
