#include "inventory/rpm_log.h"

#include "inventory/executable.h"

#include <string.h>

/*
 * Numbers are big-endian:
 *
 *	log    ::= header {frame}
 *	header ::= u32 magic, u32 version, u32 page size, u32 number of checkpoints, u32*2 salt, u32*2 checksum
 *	frame  ::= u32 page, u32 pages of the database after a commit (0: no commit), u32*2 salt, u32*2 checksum, the page
 *
 * A checksum covers all that was written before it but salts and checksums of frames. The magic's last bit says in which
 * byte order its words are read. Frames with another salt are left from an earlier use of the file.
 */
enum { HEADER = 32, FRAME = 24, MAGIC = 0x377f0682, VERSION = 3007000, PAGE_LEAST = 512, PAGE_MOST = 65536 };

static uint32_t u32(const char *bytes)
{
	return binary_u32(bytes, true);
}

struct checksum {
	bool big;
	uint32_t a, b;
};

/* `length` is a multiple of 8. */
static void checksum_add(struct checksum *sum, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i += 8) {
		sum->a += binary_u32(bytes + i, sum->big) + sum->b;
		sum->b += binary_u32(bytes + i + 4, sum->big) + sum->a;
	}
}

static bool checksum_is(const struct checksum *sum, const char *stored)
{
	return sum->a == u32(stored) && sum->b == u32(stored + 4);
}

static bool has_magic(span content)
{
	return content.len >= HEADER && (u32(content.ptr) & ~UINT32_C(1)) == MAGIC;
}

uint32_t rpm_log_other_version(span content)
{
	return has_magic(content) && u32(content.ptr + 4) != VERSION ? u32(content.ptr + 4) : 0;
}

static bool open_header(span content, struct rpm_log *log, struct checksum *sum)
{
	*log = (struct rpm_log){.page_size = 0};
	if (!has_magic(content) || u32(content.ptr + 4) != VERSION)
		return false;
	log->page_size = u32(content.ptr + 8);
	if (log->page_size < PAGE_LEAST || log->page_size > PAGE_MOST || (log->page_size & (log->page_size - 1)))
		return false;
	*sum = (struct checksum){.big = u32(content.ptr) & 1};
	checksum_add(sum, content.ptr, 24);
	return checksum_is(sum, content.ptr + 24);
}

bool rpm_log_open(span content, struct rpm_log *log)
{
	struct checksum sum;
	if (!open_header(content, log, &sum))
		return false;
	const size_t step = FRAME + log->page_size;
	log->frames = (span){content.ptr + HEADER, 0};
	for (span rest = span_from(content, HEADER); rest.len >= step; rest = span_from(rest, step)) {
		checksum_add(&sum, rest.ptr, 8);
		checksum_add(&sum, rest.ptr + FRAME, log->page_size);
		if (!u32(rest.ptr) || memcmp(rest.ptr + 8, content.ptr + 16, 8) != 0 || !checksum_is(&sum, rest.ptr + 16))
			break;
		if (u32(rest.ptr + 4)) {
			log->pages = u32(rest.ptr + 4);
			log->frames.len = (size_t)(rest.ptr + step - log->frames.ptr);
		}
	}
	return log->frames.len != 0;
}

size_t rpm_log_size(const struct rpm_log *log)
{
	return (size_t)log->pages * log->page_size;
}

void rpm_log_apply(const struct rpm_log *log, span database, char *into)
{
	size_t size = rpm_log_size(log), kept = database.len < size ? database.len : size;
	const size_t step = FRAME + log->page_size;
	memcpy(into, database.ptr, kept);
	memset(into + kept, 0, size - kept);
	for (span rest = log->frames; rest.len; rest = span_from(rest, step)) {
		uint32_t page = u32(rest.ptr);
		if (page <= log->pages)
			memcpy(into + (page - 1) * log->page_size, rest.ptr + FRAME, log->page_size);
	}
}
