/* what the old program `compress` wrote, by libarchive: rare, so a scan loads it only if it is needed */
#include "stream/libarchive.h"

extern const struct codec codec_compress;

static bool claims(span head)
{
	return CODEC_BEGINS(head, "\x1f\x9d");
}

static int open_compress(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	return archive_library_inflate(arena, &codec_compress, ARCHIVE_FILTER_COMPRESS, inner, stream, error);
}

const struct codec codec_compress = {"compress", claims, open_compress};
