/* the members of a zip file, from bytes that are pushed */
#ifndef TARSIER_STREAM_UNZIP_H
#define TARSIER_STREAM_UNZIP_H

#include "base/error.h"
#include "base/span.h"

/*
 * PKWARE's APPNOTE.TXT 6.3.10. A zip file is meant to be read from its end, where the central directory is; a stream
 * is read from its beginning. So the local headers say what the members are, and the central directory is compared with
 * them when it comes: unzip_agrees(). If both say the same, then whoever reads from the end sees the same members with
 * the same bytes. If they do not, there may be members that this reader does not see (or others that nobody else sees),
 * and its caller must say so.
 *
 * Anything may stand before the first member (a shell script), between members and behind the end.
 */
struct unzip;

struct unzip_member {
	span path;         /* as written; it may hold "..". Borrowed for the call */
	bool readable;     /* stored or deflated, and not encrypted */
	unsigned method;   /* 0 stored, 8 deflated */
};

struct unzip_sink {
	/* A member begins. Returns 1 to be given its content, 0 to skip it, or a negative code, which ends reading. */
	int (*member)(void *user, const struct unzip_member *member, struct tarsier_error *error);
	int (*data)(void *user, span piece, struct tarsier_error *error);
	/* The member ended. `failure` says why it is not whole, or is NULL. */
	int (*done)(void *user, const struct tarsier_error *failure, struct tarsier_error *error);
	void *user;
};

enum {
	UNZIP_MEMBERS = 1000 * 1000,       /* members and entries of directories, of all levels: the largest jars have
	                                    * 100,000 */
	UNZIP_RATIO = 100,                 /* bytes that an archive may become for each of its own, all levels together:
	                                    * real ones stay below 20 */
	UNZIP_ALLOWANCE = 16 * 1024 * 1024, /* … and what small ones may become besides */
	UNZIP_PREAMBLE = 4 * 1024 * 1024,  /* bytes before the first member: scripts are some 10 KiB, launchers 1 MiB */
};

/* The work done for one file and the archives in it. All zero at first. */
struct unzip_budget {
	uint64_t members, input, output;
};

/* It lies in the arena, and takes up some 300 KiB whatever the archive holds. The budget is borrowed; `inner` means that the bytes come
 * out of another archive with the same budget. Returns OK or MEMORY. */
int unzip_new(struct arena *arena, const struct unzip_sink *sink, struct unzip_budget *budget, bool inner,
              struct unzip **unzip, struct tarsier_error *error);
/* Begins another archive. */
void unzip_reset(struct unzip *unzip, const struct unzip_sink *sink);
/* Takes the next bytes. Fails with FORMAT if no member begins where one must, LIMIT, MEMORY, and what the sink returned. */
int unzip_push(struct unzip *unzip, span piece, struct tarsier_error *error);
/* The archive ends here. Fails with FORMAT if it should not, NOT_FOUND if it has no part of a zip file. */
int unzip_finish(struct unzip *unzip, struct tarsier_error *error);
/* After unzip_finish: the central directory lists the very members that were read. */
bool unzip_agrees(const struct unzip *unzip);

#endif
