/* files packed with zstd, and unpacked; or only their difference to another file */
#include "format/digest.h"
#include "stream/inflate.h"
#include "tarsier_share.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum {
	BLOCK = 128 * 1024,
	LEVEL_WHOLE = 9,         /* 12 takes three times as long, and gains 0.2 % of a database, whose texts are packed already */
	LEVEL_DIFFERENCE = 12,   /* gains 7 % */
	WINDOW_LOG = 23,         /* 8 MiB: what every reader allows */
	WINDOW_LOG_PREFIX = 27,  /* the window must reach back to the beginning of the prefix */
	PREFIX_MOST = 64 << 20,
};

static int finish_digest(struct hasher *hasher, char *digest, struct tarsier_error *error)
{
	struct digest made;
	int code = hasher_finish(hasher, &made, error);
	if (code >= 0)
		snprintf(digest, TARSIER_DIGEST_SIZE, "%s", made.text);
	return code;
}

/* ---- packing -------------------------------------------------------------------------------------------------------- */

struct packing {
	ZSTD_CCtx *context;
	struct hasher *hasher;
	struct buffer prefix;
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
		int code = hasher_add(packing->hasher, packing->in, length) < 0 ? error_memory(error)
		         : pack_block(packing, length, last, to, error);
		if (code < 0 || last)
			return code;
	}
}

static int prepare(struct packing *packing, const char *from, const char *to, int level, struct tarsier_error *error)
{
	bool has_prefix = packing->prefix.length;
	level = level ? level : has_prefix ? LEVEL_DIFFERENCE : LEVEL_WHOLE;
	packing->context = ZSTD_createCCtx();
	if (!packing->context)
		return error_memory(error);
	ZSTD_CCtx_setParameter(packing->context, ZSTD_c_compressionLevel, level);
	ZSTD_CCtx_setParameter(packing->context, ZSTD_c_windowLog, has_prefix ? WINDOW_LOG_PREFIX : WINDOW_LOG);
	ZSTD_CCtx_setParameter(packing->context, ZSTD_c_enableLongDistanceMatching, has_prefix);
	ZSTD_CCtx_setParameter(packing->context, ZSTD_c_checksumFlag, 1);
	if (has_prefix && ZSTD_isError(ZSTD_CCtx_refPrefix(packing->context, packing->prefix.data, packing->prefix.length)))
		return error_memory(error);
	packing->from = fopen(from, "rbe");
	packing->to = packing->from ? fopen(to, "wbe") : NULL;
	return packing->to ? hasher_new(NULL, &packing->hasher, error) : error_errno(error, errno, "open %s", packing->from ? to : from);
}

/* Closes what was written. After a failure it is taken away, unless it is no plain file: /dev/full stays. */
static int finish_file(FILE *file, const char *path, int code, struct tarsier_error *error)
{
	struct stat status;
	if (!file)
		return code;
	if (fclose(file) != 0 && code >= 0)
		code = error_errno(error, errno, "writing %s", path);
	if (code < 0 && lstat(path, &status) == 0 && S_ISREG(status.st_mode))
		unlink(path);
	return code;
}

int tarsier_pack(const char *from, const char *to, int level, const char *prefix, char digest[TARSIER_DIGEST_SIZE],
                 struct tarsier_error *error)
{
	struct tarsier_error own;
	error = error_or(error, &own);
	struct packing *packing = calloc(1, sizeof *packing);
	if (!packing)
		return error_memory(error);
	buffer_init(&packing->prefix, NULL);
	int code = prefix ? stream_read_file(prefix, &packing->prefix, PREFIX_MOST, error) : TARSIER_OK;
	if (code >= 0)
		code = prepare(packing, from, to, level, error);
	if (code >= 0)
		code = pack(packing, from, to, error);
	if (code >= 0)
		code = finish_digest(packing->hasher, digest, error);
	if (packing->from)
		fclose(packing->from);
	code = finish_file(packing->to, to, code, error);
	ZSTD_freeCCtx(packing->context);
	hasher_free(packing->hasher);
	buffer_free(&packing->prefix);
	free(packing);
	return code;
}

/* ---- unpacking ------------------------------------------------------------------------------------------------------ */

/* What takes the unpacked bytes. */
struct unpacking { FILE *to; const char *path; uint64_t limit; struct hasher *hasher; };

static int put(struct unpacking *unpacking, const char *bytes, size_t length, struct tarsier_error *error)
{
	if (length > unpacking->limit)
		return error_set(error, TARSIER_LIMIT, "%s: unpacks to more than it says", unpacking->path);
	unpacking->limit -= length;
	if (fwrite(bytes, 1, length, unpacking->to) != length)
		return error_errno(error, errno, "writing %s", unpacking->path);
	return hasher_add(unpacking->hasher, bytes, length) < 0 ? error_memory(error) : TARSIER_OK;
}

static int unpack_stream(struct unpacking *unpacking, const char *from, struct tarsier_error *error)
{
	char block[65536];
	struct arena arena;
	struct stream *inner = NULL, *stream = NULL;
	const struct codec *codec;
	ssize_t got = 0;
	arena_init(&arena, NULL);
	int code = stream_open_file(&arena, from, &inner, error);
	if (code >= 0 && (code = inflate_open_any(&arena, inner, &codec, &stream, error)) < 0)
		stream_close(inner);
	while (code >= 0 && (got = stream_read(stream, block, sizeof block, error)) > 0)
		code = put(unpacking, block, (size_t)got, error);
	stream_close(stream);
	arena_free(&arena);
	return got < 0 ? (int)got : code;
}

/* One frame over a prefix: the codecs of streams know none. */
static int unpack_frame(struct unpacking *unpacking, ZSTD_DCtx *context, FILE *file, const char *from, struct tarsier_error *error)
{
	char in_block[65536], out_block[65536];
	size_t left = 1, length;
	while ((length = fread(in_block, 1, sizeof in_block, file)) > 0) {
		ZSTD_inBuffer in = {in_block, length, 0};
		bool full = true;
		while (in.pos < in.size || full) {
			ZSTD_outBuffer out = {out_block, sizeof out_block, 0};
			if (left == 0)
				return in.pos < in.size ? error_set(error, TARSIER_FORMAT, "%s: garbage after its end", from) : TARSIER_OK;
			left = ZSTD_decompressStream(context, &out, &in);
			if (ZSTD_isError(left))
				return error_set(error, TARSIER_FORMAT, "%s: not the difference to that file: %s", from, ZSTD_getErrorName(left));
			int code = put(unpacking, out_block, out.pos, error);
			if (code < 0)
				return code;
			full = out.pos == out.size;
		}
	}
	return left == 0 ? TARSIER_OK : error_set(error, TARSIER_FORMAT, "%s: cut off", from);
}

static int unpack_difference(struct unpacking *unpacking, const char *from, const char *prefix, struct tarsier_error *error)
{
	struct buffer bytes;
	ZSTD_DCtx *context = ZSTD_createDCtx();
	buffer_init(&bytes, NULL);
	int code = context ? stream_read_file(prefix, &bytes, PREFIX_MOST, error) : error_memory(error);
	FILE *file = code >= 0 ? fopen(from, "rbe") : NULL;
	if (code >= 0 && !file)
		code = error_errno(error, errno, "open %s", from);
	if (code >= 0) {
		ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_PREFIX);
		ZSTD_DCtx_refPrefix(context, bytes.data, bytes.length);
		code = unpack_frame(unpacking, context, file, from, error);
	}
	if (file)
		fclose(file);
	ZSTD_freeDCtx(context);
	buffer_free(&bytes);
	return code;
}

int tarsier_unpack(const char *from, const char *to, uint64_t limit, const char *prefix, char digest[TARSIER_DIGEST_SIZE],
                   struct tarsier_error *error)
{
	struct tarsier_error own;
	struct unpacking unpacking = {.path = to, .limit = limit};
	error = error_or(error, &own);
	int code = hasher_new(NULL, &unpacking.hasher, error);
	if (code < 0)
		return code;
	unpacking.to = fopen(to, "wbe");
	if (!unpacking.to)
		code = error_errno(error, errno, "open %s", to);
	else
		code = prefix ? unpack_difference(&unpacking, from, prefix, error) : unpack_stream(&unpacking, from, error);
	if (code >= 0)
		code = finish_digest(unpacking.hasher, digest, error);
	code = finish_file(unpacking.to, to, code, error);
	hasher_free(unpacking.hasher);
	return code;
}
