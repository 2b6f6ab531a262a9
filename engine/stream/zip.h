/* zip files, one member after the other, by libarchive, which is loaded when first needed */
#ifndef TARSIER_STREAM_ZIP_H
#define TARSIER_STREAM_ZIP_H

#include "stream/stream.h"

/* libarchive brings libxml2, ICU and libstdc++ along: 5 to 8 ms that a scan must not pay. */
struct zip_reader;

struct zip_member {
	span path;             /* raw bytes, as it stands there: it may hold ".."; borrowed until the next call */
	bool file;             /* a regular file */
	uint64_t size;         /* as promised; UINT64_MAX where the archive does not say */
	struct stream *stream; /* its content, with a stream's sticky errors; lives until the next call */
};

/* Opens a zip, seeking in the file. UNSUPPORTED where libarchive is not installed; FORMAT for anything but a zip. */
int zip_open(struct arena *arena, const char *path, struct zip_reader **reader, struct tarsier_error *error);
/* 1: a member; 0: the end; else a negative code. */
int zip_next(struct zip_reader *reader, struct zip_member *member, struct tarsier_error *error);
void zip_close(struct zip_reader *reader); /* NULL is fine */

#endif
