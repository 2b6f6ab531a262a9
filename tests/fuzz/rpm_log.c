/* A database and its write-ahead log: the first two bytes say how many blocks of 512 bytes the database has. Once the log is
 * taken as it is, once with its checksums made right, or no change of its bytes would get further than to them. */
#include "inventory/inventory.h"
#include "inventory/rpm_log.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint32_t u32(const char *bytes, int big)
{
	const unsigned char *b = (const unsigned char *)bytes;
	return big ? (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3]
	           : (uint32_t)b[3] << 24 | (uint32_t)b[2] << 16 | (uint32_t)b[1] << 8 | b[0];
}

static void put(char *bytes, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		bytes[i] = (char)(value >> (24 - 8 * i));
}

static void add(uint32_t sum[2], const char *bytes, size_t length, int big)
{
	for (size_t i = 0; i < length; i += 8) {
		sum[0] += u32(bytes + i, big) + sum[1];
		sum[1] += u32(bytes + i + 4, big) + sum[0];
	}
}

static void mend(char *log, size_t length)
{
	uint32_t sum[2] = {0, 0};
	if (length < 32)
		return;
	int big = log[3] & 1;
	size_t page = u32(log + 8, 1);
	add(sum, log, 24, big);
	put(log + 24, sum[0]), put(log + 28, sum[1]);
	if (page < 512 || page > 65536 || page % 8)
		return;
	for (size_t at = 32; at + 24 + page <= length; at += 24 + page) {
		memcpy(log + at + 8, log + 16, 8);
		add(sum, log + at, 8, big);
		add(sum, log + at + 24, page, big);
		put(log + at + 16, sum[0]), put(log + at + 20, sum[1]);
	}
}

static void read(span database, span log)
{
	struct rpm_log opened;
	struct arena arena;
	struct tarsier_error error;
	arena_init(&arena, NULL);
	arena.limit = 64 << 20;
	/* The limits of the database's size are tried elsewhere: large ones only make this slow. */
	if (!rpm_log_open(log, &opened) || rpm_log_size(&opened) < 1 << 20) {
		struct reader_output output = {.arena = &arena};
		for (size_t i = 0; readers_all[i]; i++)
			if (strcmp(readers_all[i]->name, "rpm") == 0)
				readers_all[i]->read(&(struct evidence){span_of("var/lib/rpm/rpmdb.sqlite"), database, log}, &output, &error);
	}
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	size_t length = ((size_t)data[0] << 8 | data[1]) * 512;
	data += 2, size -= 2;
	if (length > size)
		length = size;
	/* no longer than they are, so that a step beyond is seen */
	char *database = malloc(length ? length : 1), *log = malloc(size - length ? size - length : 1);
	memcpy(database, data, length);
	memcpy(log, data + length, size - length);
	read((span){database, length}, (span){log, size - length});
	mend(log, size - length);
	read((span){database, length}, (span){log, size - length});
	free(database);
	free(log);
	return 0;
}
