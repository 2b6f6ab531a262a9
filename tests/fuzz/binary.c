/* The readers of executables and of programs that are text. The first byte chooses the file's name, the second the length
 * of the pieces; the next two put zeros into the file, so that what is in a few bytes of input lies in several windows. */
#include "inventory/go_functions.h"
#include "layer/reading.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct reader *reader_named(const char *name)
{
	for (const struct reader *const *reader = readers_all; *reader; reader++)
		if (strcmp((*reader)->name, name) == 0)
			return *reader;
	abort();
}

static const struct { const char *reader, *path; } files[] = {
	{"binary", "usr/bin/app"},           {"binary", "usr/bin/nginx"},           {"binary", "usr/bin/mysqld"},
	{"binary", "usr/lib/libpython3.11.so.1.0"}, {"binary", "usr/bin/redis-server"}, {"binary", "usr/bin/haproxy"},
	{"binary", "usr/lib/libcrypto.so.3"}, {"program", "usr/bin/composer"},      {"program", "opt/java/release"},
	{"program", "usr/local/go/VERSION"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { CHOICES = 4, STEP = 1024 };
	if (size < CHOICES)
		return 0;
	size_t chosen = data[0] % (sizeof files / sizeof *files), piece = data[1] * 300u;
	size_t fill = data[2] % 80 * (size_t)STEP, at = data[3] * 16u;
	data += CHOICES;
	size -= CHOICES;
	at = at < size ? at : size;
	char *content = malloc(size + fill + 1); /* one byte longer than the file, for malloc(0) */
	memcpy(content, data, at);
	memset(content + at, 0, fill);
	memcpy(content + at + fill, data + at, size - at);
	struct arena arena;
	struct tarsier_error error = {0};
	arena_init(&arena, NULL);
	struct reader_output output = {.arena = &arena};
	const struct evidence evidence = {.path = span_of(files[chosen].path), .content = {content, size + fill}};
	int code = reading_run(reader_named(files[chosen].reader), &evidence, piece, &output, &error);
	if (code < 0 && (error.code != code || !error.message[0]))
		abort();
	for (size_t i = 1; code >= 0 && i < output.function_count; i++)
		if (output.functions[i - 1] >= output.functions[i])
			abort();
	arena_free(&arena);
	free(content);
	return 0;
}
