/* Any bytes as a zip file, pushed at once and in pieces: both must end alike, unless a member of
 * no known length is damaged. The first byte chooses the pieces. */
#include "stream/unzip_internal.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen { uint64_t hash, data; bool open, failed, lost; };

static void mix(uint64_t *hash, span bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		*hash = (*hash ^ (unsigned char)bytes.ptr[i]) * 0x100000001b3;
}

static int on_member(void *user, const struct unzip_member *member, struct tarsier_error *error)
{
	struct seen *seen = user;
	(void)error;
	if (seen->open)
		abort();
	mix(&seen->hash, member->path);
	seen->hash = seen->hash * 31 + member->method + member->readable;
	seen->open = member->readable && member->path.len % 3;
	return seen->open;
}

static int on_data(void *user, span piece, struct tarsier_error *error)
{
	struct seen *seen = user;
	(void)error;
	if (!seen->open || !piece.len)
		abort();
	mix(&seen->data, piece);
	return TARSIER_OK;
}

static int on_done(void *user, const struct tarsier_error *failure, struct tarsier_error *error)
{
	struct seen *seen = user;
	(void)error;
	if (!seen->open)
		abort();
	seen->open = false;
	seen->failed = seen->failed || failure;
	return TARSIER_OK;
}

static int walk(span bytes, size_t most, struct seen *seen)
{
	struct arena arena;
	struct unzip *unzip = NULL;
	struct unzip_budget budget = {0};
	struct tarsier_error error = {0};
	struct unzip_sink sink = {on_member, on_data, on_done, seen};
	arena_init(&arena, NULL);
	int code = unzip_new(&arena, &sink, &budget, false, &unzip, &error);
	while (code >= 0 && bytes.len) {
		size_t length = bytes.len < most ? bytes.len : most;
		char *piece = malloc(length); /* no larger, so that the sanitizer sees every step beyond it */
		memcpy(piece, bytes.ptr, length);
		code = unzip_push(unzip, (span){piece, length}, &error);
		free(piece);
		bytes = span_from(bytes, length);
	}
	if (code >= 0)
		code = unzip_finish(unzip, &error);
	if (code < 0 && (error.code != code || !error.message[0]))
		abort();
	seen->hash += code >= 0 && unzip_agrees(unzip);
	seen->lost = unzip->lost;
	arena_free(&arena);
	return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	span bytes = {(const char *)data + 1, size - 1};
	struct seen whole = {0}, pieces = {0};
	int one = walk(bytes, bytes.len + 1, &whole), two = walk(bytes, 1 + data[0] % 64u, &pieces);
	/* How much of a broken member is read, and so where reading goes on, depends on how it comes. */
	if (whole.failed || pieces.failed || whole.lost || pieces.lost)
		return 0;
	if (one != two || (one >= 0 && (whole.hash != pieces.hash || whole.data != pieces.data)))
		abort();
	return 0;
}
