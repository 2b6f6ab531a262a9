/* the records of a zip file; internal to unzip */
#ifndef TARSIER_STREAM_UNZIP_HEADER_H
#define TARSIER_STREAM_UNZIP_HEADER_H

#include "base/span.h"

/* PKWARE's APPNOTE.TXT 6.3.10, 4.3. All numbers are little-endian. */
enum {
	ZIP_LOCAL = 0x04034b50,      /* "PK\3\4" */
	ZIP_CENTRAL = 0x02014b50,    /* "PK\1\2" */
	ZIP_END = 0x06054b50,        /* "PK\5\6" */
	ZIP_END64 = 0x06064b50,      /* "PK\6\6" */
	ZIP_LOCATOR = 0x07064b50,    /* "PK\6\7" */
	ZIP_DESCRIPTOR = 0x08074b50, /* "PK\7\8" */
};
enum { ZIP_SIGNATURE_SIZE = 4, ZIP_LOCAL_SIZE = 30, ZIP_CENTRAL_SIZE = 46, ZIP_END_SIZE = 22, ZIP_END64_SIZE = 12,
       ZIP_LOCATOR_SIZE = 20, ZIP_DESCRIPTOR_SIZE = 24 };
enum { ZIP_STORED = 0, ZIP_DEFLATED = 8 };
enum { ZIP_ENCRYPTED = 1, ZIP_STREAMED = 8 }; /* flags; streamed: sizes follow the data, in a descriptor */

struct unzip_entry {
	span name;
	unsigned flags, method;
	uint64_t packed, size; /* 0 in a local header that is streamed */
	uint64_t offset;       /* of the local header; in the central directory */
	size_t comment;        /* bytes that follow; in the central directory */
};

uint32_t unzip_u32(const char *bytes);
uint64_t unzip_u64(const char *bytes);

/* The length of a header with its name and extra fields; the argument has the part of fixed size. */
size_t unzip_local_length(const char *header);
size_t unzip_central_length(const char *header);
/* Reads a whole header, and sizes that are in its zip64 field. The name is borrowed. */
struct unzip_entry unzip_local_entry(const char *header);
struct unzip_entry unzip_central_entry(const char *header);
/* The length of the comment that follows an end record. */
size_t unzip_end_comment(const char *end);

/* The length of a data descriptor that states these sizes: with or without its signature, with sizes of four or of
 * eight bytes. `bytes` has ZIP_DESCRIPTOR_SIZE. Returns 0 if it states others. */
size_t unzip_descriptor_length(const char *bytes, uint64_t packed, uint64_t size);

#endif
