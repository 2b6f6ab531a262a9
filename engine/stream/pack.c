/* files packed with zstd, and unpacked */
#include "stream/inflate.h"
#include "tarsier_share.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

enum { BLOCK = 128 * 1024, LEVEL_DEFAULT = 12, WINDOW_LOG = 23 }; /* a window of 8 MiB: what every reader allows */

struct packing {
	ZSTD_CCtx *context;
	FILE *from, *to;
	char in[BLOCK], out[BLOCK];
};

static int pack_block(struct packing *packing, size_t length, bool last, const char *path, struct tarsier_error *error)
{
	ZSTD_inBuffer in = {packing->in, length, 0};
	for (;;) {
		ZSTD_outBuffer out = {packing->out, sizeof packing->out, 0};
		size_t left = ZSTD_compressStream2(packing->context, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return error_set(error, TARSIER_MEMORY, "%s: %s", path, ZSTD_getErrorName(left));
		if (fwrite(packing->out, 1, out.pos, packing->to) != out.pos)
			return error_errno(error, errno, "writing %s", path);
		if (last ? left == 0 : in.pos == in.size)
			return TARSIER_OK;
	}
}

static int pack(struct packing *packing, const char *from, const char *to, struct tarsier_error *error)
{
	for (;;) {
		size_t length = fread(packing->in, 1, sizeof packing->in, packing->from);
		if (ferror(packing->from))
			return error_errno(error, errno, "reading %s", from);
		bool last = length < sizeof packing->in;
		int code = pack_block(packing, length, last, to, error);
		if (code < 0 || last)
			return code;
	}
}

int tarsier_pack(const char *from, const char *to, int level, struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error_or(error, &own);
	struct packing *packing = calloc(1, sizeof *packing);
	if (!packing)
		return error_memory(error);
	packing->context = ZSTD_createCCtx();
	int code = packing->context ? TARSIER_OK : error_memory(error);
	if (code >= 0) {
		ZSTD_CCtx_setParameter(packing->context, ZSTD_c_compressionLevel, level ? level : LEVEL_DEFAULT);
		ZSTD_CCtx_setParameter(packing->context, ZSTD_c_windowLog, WINDOW_LOG);
		ZSTD_CCtx_setParameter(packing->context, ZSTD_c_checksumFlag, 1);
		packing->from = fopen(from, "rbe");
		packing->to = packing->from ? fopen(to, "wbe") : NULL;
		if (!packing->to)
			code = error_errno(error, errno, "open %s", packing->from ? to : from);
	}
	if (code >= 0)
		code = pack(packing, from, to, error);
	if (packing->from)
		fclose(packing->from);
	if (packing->to && fclose(packing->to) != 0 && code >= 0)
		code = error_errno(error, errno, "writing %s", to);
	if (code < 0 && packing->to)
		unlink(to);
	ZSTD_freeCCtx(packing->context);
	free(packing);
	return code;
}

static int unpack(struct stream *stream, FILE *to, const char *path, uint64_t limit, struct tarsier_error *error)
{
	char block[65536];
	ssize_t got;
	while ((got = stream_read(stream, block, sizeof block, error)) > 0) {
		if ((uint64_t)got > limit)
			return error_set(error, TARSIER_LIMIT, "%s: unpacks to more than it says", path);
		limit -= (uint64_t)got;
		if (fwrite(block, 1, (size_t)got, to) != (size_t)got)
			return error_errno(error, errno, "writing %s", path);
	}
	return got < 0 ? (int)got : TARSIER_OK;
}

int tarsier_unpack(const char *from, const char *to, uint64_t limit, struct tarsier_error *error)
{
	struct tarsier_error own;
	struct arena arena;
	struct stream *inner = NULL, *stream;
	const struct codec *codec;
	error = error_or(error, &own);
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, from, &inner, error);
	if (code >= 0) {
		stream = inner;
		code = inflate_open_any(&arena, inner, &codec, &stream, error);
		FILE *file = code >= 0 ? fopen(to, "wbe") : NULL;
		if (code >= 0)
			code = file ? unpack(stream, file, to, limit, error) : error_errno(error, errno, "open %s", to);
		if (file && fclose(file) != 0 && code >= 0)
			code = error_errno(error, errno, "writing %s", to);
		if (file && code < 0)
			unlink(to);
		stream_close(stream);
	}
	arena_free(&arena);
	return code;
}
