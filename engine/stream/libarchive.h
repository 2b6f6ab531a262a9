/* libarchive, loaded when first needed: archives and compressions that are not on the hot path */
#ifndef TARSIER_STREAM_LIBARCHIVE_H
#define TARSIER_STREAM_LIBARCHIVE_H

#include "base/dl.h"
#include "stream/codec.h"

#include <archive.h>
#include <archive_entry.h>

/* It brings libxml2, ICU and libstdc++ along: 5 to 8 ms that a scan must not pay. */
#define ARCHIVE_FUNCTIONS(X) \
	X(read_new, archive_read_new) \
	X(support_filter, archive_read_support_filter_by_code) \
	X(filter_code, archive_filter_code) \
	X(support_zip, archive_read_support_format_zip_seekable) \
	X(support_7zip, archive_read_support_format_7zip) \
	X(support_cpio, archive_read_support_format_cpio) \
	X(support_ar, archive_read_support_format_ar) \
	X(support_raw, archive_read_support_format_raw) \
	X(support_empty, archive_read_support_format_empty) \
	X(open_fd, archive_read_open_fd) \
	X(set_callback_data, archive_read_set_callback_data) \
	X(set_read_callback, archive_read_set_read_callback) \
	X(open_callbacks, archive_read_open1) \
	X(next_header, archive_read_next_header) \
	X(read_data, archive_read_data) \
	X(read_free, archive_read_free) \
	X(error_number, archive_errno) \
	X(error_string, archive_error_string) \
	X(set_error, archive_set_error) \
	X(pathname, archive_entry_pathname) \
	X(pathname_utf8, archive_entry_pathname_utf8) \
	X(filetype, archive_entry_filetype) \
	X(size, archive_entry_size) \
	X(size_is_set, archive_entry_size_is_set)

struct archive_library { ARCHIVE_FUNCTIONS(DL_FIELD) };

/* `need` as in dl_load: "zip files need". */
int archive_library_load(struct archive_library *library, const char *need, struct tarsier_error *error);

/* Opens a codec by libarchive's filter of this code: ARCHIVE_FILTER_LZ4. UNSUPPORTED if libarchive would have to
 * start a program for it. The rest is struct codec's open. */
int archive_library_inflate(struct arena *arena, const struct codec *codec, int filter, struct stream *inner,
                            struct stream **stream, struct tarsier_error *error);

#endif
