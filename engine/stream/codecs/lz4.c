/* lz4 frames, by libarchive: rare, so a scan loads it only if it is needed */
#include "stream/libarchive.h"

extern const struct codec codec_lz4;

static bool claims(span head)
{
	return CODEC_BEGINS(head, "\x04\x22\x4d\x18");
}

static int open_lz4(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	return archive_library_inflate(arena, &codec_lz4, ARCHIVE_FILTER_LZ4, inner, stream, error);
}

const struct codec codec_lz4 = {"lz4", claims, open_lz4};
