/* zip files, one member after the other; also 7z, cpio and ar */
#ifndef TARSIER_STREAM_ZIP_H
#define TARSIER_STREAM_ZIP_H

#include "stream/stream.h"

struct zip_reader;

struct zip_member {
	span path;             /* in UTF-8 if the archive says how it is written, else the raw bytes; it may hold "..".
	                        * Borrowed until the next call */
	bool file;             /* a regular file */
	uint64_t size;         /* as promised; UINT64_MAX if the archive does not say */
	struct stream *stream; /* its content, with a stream's sticky errors; lives until the next call */
};

enum { ZIP_HEAD = 8 };

/* Does a file begin like an archive that zip_open takes? Looks at up to ZIP_HEAD bytes. */
bool zip_claims(span head);

/* Opens an archive, seeking in the file. UNSUPPORTED if libarchive is not installed; FORMAT for anything but such an
 * archive. */
int zip_open(struct arena *arena, const char *path, struct zip_reader **reader, struct tarsier_error *error);
/* 1: a member; 0: the end; else a negative code. */
int zip_next(struct zip_reader *reader, struct zip_member *member, struct tarsier_error *error);
void zip_close(struct zip_reader *reader); /* NULL is fine */

#endif
