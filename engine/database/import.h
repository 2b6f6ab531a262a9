/* what an import is reading, and how it tells of it */
#ifndef TARSIER_DATABASE_IMPORT_H
#define TARSIER_DATABASE_IMPORT_H

#include "database/write.h"

enum { FEEDS_MOST = 32, COMPLAINTS_MOST = 20, FAMILIES_MOST = 256 };

/* One thing that is reported as a whole: an archive, a file, or a folder's loose files. */
struct container {
	const char *name;
	uint64_t records[FEEDS_MOST]; /* by feed, in the order of feeds_all */
	uint64_t complaints;          /* more than COMPLAINTS_MOST are only counted */
	uint64_t omitted[OMISSIONS];
	uint64_t advisories;
	uint64_t families[FAMILIES_MOST]; /* advisories that name packages of it, by its number */
	bool single;                  /* one record in a file of its own is not a feed */
};

struct importing {
	struct database_writer *writer;
	const struct tarsier_import_options *options;
	struct tarsier_import_result result;
	struct advisory_sink sink;
	struct container *container;
	struct container singles;     /* what was left out of records that have a file of their own */
	size_t feed;                  /* index of the one that reads */
	uint64_t files;
	uint64_t useful;              /* records of the named input at hand that the database holds something of */
	const char *lost;             /* a web page or nothing stands where a feed should: which; or NULL */
	bool unknown;                 /* no feed recognised it */
	bool list;                    /* the file is a list of records */
	char reason[512];             /* the first of why something of the named input at hand was left out */
};

/* Limits. What a file expands to: feeds are text that shrinks to a tenth, bombs to a thousandth. */
enum { EXPANSION = 200, EXPANSION_FREE = 16 << 20, FILES_MOST = 10000000 };

/* A stream that counts what it gives, with its first bytes at hand. */
enum { HEAD = 4096 };
struct metered {
	struct stream stream;
	struct stream *inner;
	const char *name;
	char head[HEAD];
	size_t length, given;         /* of the head */
	uint64_t *left;               /* bytes that this may still give */
};
int import_meter(struct arena *arena, struct stream *inner, const char *name, uint64_t *left, struct metered **result,
                 struct tarsier_error *error);
/* Gives it to the feed that recognises it. What none recognises is told, and is not a failure. */
int import_feed(struct importing *importing, struct metered *metered, const char *name, struct tarsier_error *error);
bool import_is_tar(span head);
int import_tar(struct importing *importing, struct metered *metered, const char *name, struct tarsier_error *error);
/* `left` bounds what the members expand to. */
int import_zip(struct importing *importing, const char *path, uint64_t left, struct tarsier_error *error);

/* Reads one file, member or stream that is not yet closed. `size` is what it takes compressed, and bounds what it may
 * expand to; 0 if unknown. */
int import_stream(struct importing *importing, struct stream *stream, const char *name, uint64_t size,
                  struct tarsier_error *error);
int import_path(struct importing *importing, const char *path, struct tarsier_error *error);

/* Reports: something left out, and a container that is done. */
void import_complain(struct importing *importing, const char *name, const char *feed, const char *why);
void import_done(struct importing *importing);
void import_container_done(struct importing *importing, struct container *container);

#endif
