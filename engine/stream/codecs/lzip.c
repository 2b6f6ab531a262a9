/* lzip members, by libarchive: rare, so a scan loads it only if it is needed */
#include "stream/libarchive.h"

extern const struct codec codec_lzip;

static bool claims(span head)
{
	return CODEC_BEGINS(head, "LZIP\x01");
}

static int open_lzip(struct arena *arena, struct stream *inner, struct stream **stream, struct tarsier_error *error)
{
	return archive_library_inflate(arena, &codec_lzip, ARCHIVE_FILTER_LZIP, inner, stream, error);
}

const struct codec codec_lzip = {"lzip", claims, open_lzip};
