/* internal to unzip: the archive (unzip.c) and its members (unzip_member.c) */
#ifndef TARSIER_STREAM_UNZIP_INTERNAL_H
#define TARSIER_STREAM_UNZIP_INTERNAL_H

#include "stream/raw_inflate.h"
#include "stream/unzip.h"
#include "stream/unzip_header.h"

enum { UNZIP_OUTPUT = 64 * 1024, UNZIP_WINDOW = 256, UNZIP_RECORD = ZIP_CENTRAL_SIZE + 2 * 65535 /* name, extra */ };

enum unzip_step {
	SIGNATURE,   /* of the next record */
	GAP,         /* bytes that belong to none */
	LOCAL_FIXED, LOCAL,
	CENTRAL_FIXED, CENTRAL,
	END, END64, LOCATOR,
	DESCRIPTOR,
	SKIPPED,     /* `left` bytes that nobody wants */
	STORED,      /* … that the sink wants */
	STREAMED,    /* stored up to its descriptor */
	DEFLATED,
};

struct unzip {
	const struct unzip_sink *sink;
	struct unzip_budget *budget;
	bool inner;
	enum unzip_step step;
	size_t length;             /* of what is there of the record at hand */
	uint64_t position;         /* of the next byte */
	bool begun, ended, member; /* a member or an end was seen; a member is open whose end the sink wants to know */
	bool lost;                 /* a damaged member had no known length: the next record was searched for */
	uint64_t first;            /* position of the first local header */
	uint64_t left;
	/* the member at hand */
	uint64_t start;            /* position of its header */
	unsigned flags, method;
	uint64_t packed, unpacked; /* bytes of it so far */
	bool bounded;              /* its header says how many there are */
	/* Sums of hashes over all members: by the local headers, and by the central directory, where an offset may be
	 * counted from the beginning or from the first member. */
	uint64_t key[2], found, listed[2];
	struct raw_inflate *inflate;
	size_t windowed;
	/* What follows is not zeroed. */
	char window[UNZIP_WINDOW];       /* STREAMED: the last bytes, in which a descriptor may have begun */
	char record[UNZIP_RECORD];
	unsigned char output[UNZIP_OUTPUT];
};

/* ---- unzip.c ---- */

/* Takes up to `most` bytes off the piece. */
span unzip_take(struct unzip *unzip, span *piece, uint64_t most);
/* Pushes bytes once more that were taken from the input but do not belong to the member: UNZIP_WINDOW at most. */
int unzip_push_again(struct unzip *unzip, span surplus, struct tarsier_error *error);
int unzip_count_member(struct unzip *unzip, struct tarsier_error *error);
int unzip_count_output(struct unzip *unzip, uint64_t bytes, struct tarsier_error *error);
/* Returns the hash of what both directories say of a member. */
uint64_t unzip_hash(const struct unzip *unzip, uint64_t offset, uint64_t packed, unsigned method, span name);

/* ---- unzip_member.c ---- */

/* The record is a whole local header. */
int unzip_begin_member(struct unzip *unzip, struct tarsier_error *error);
/* Take what they can of the piece, in the steps DEFLATED, STORED, STREAMED and SKIPPED. */
int unzip_inflate(struct unzip *unzip, span *piece, struct tarsier_error *error);
int unzip_store(struct unzip *unzip, span *piece, struct tarsier_error *error);
int unzip_scan_stored(struct unzip *unzip, span *piece, struct tarsier_error *error);
int unzip_skip(struct unzip *unzip, span *piece, struct tarsier_error *error);
/* Tells the sink that the member ended, if it wants to know. */
int unzip_tell_done(struct unzip *unzip, const struct tarsier_error *failure, struct tarsier_error *error);

#endif
