/* the state of an import, and its reports */
#ifndef TARSIER_DATABASE_IMPORT_H
#define TARSIER_DATABASE_IMPORT_H

#include "database/write.h"

enum { FEEDS_MOST = 32, COMPLAINTS_MOST = 20, FAMILIES_MOST = 256 };

/* A unit of reports: an archive, a file, or the loose files of a folder. */
struct container {
	const char *name;
	uint64_t records[FEEDS_MOST]; /* by feed, in the order of feeds_all */
	uint64_t complaints;          /* the excess over COMPLAINTS_MOST is only counted */
	uint64_t omitted[OMISSIONS];
	uint64_t advisories;
	uint64_t empty_files;         /* files of feeds that have no records */
	char empty[512];              /* the first of them */
	uint64_t families[FAMILIES_MOST]; /* advisories that name packages of a family, by the family's number */
	bool single;                  /* a single record in its own file is not a feed */
};

struct importing {
	struct database_writer *writer;
	const struct tarsier_import_options *options;
	struct tarsier_import_result result;
	struct advisory_sink sink;
	struct container *container;
	struct container singles;     /* collects complaints about records that have a file of their own */
	size_t feed;                  /* index of the feed that is reading */
	uint64_t files;
	uint64_t useful;              /* records of the current input that the database uses */
	const char *lost;             /* describes a web page or an empty file in place of a feed; or NULL */
	bool unknown;                 /* no feed recognised it */
	bool list;                    /* the file is a list of records */
	char reason[512];             /* why the first record of the current input was skipped */
};

/* Limits of the decompressed size. Feeds are text that shrinks to a tenth, bombs shrink to a thousandth. */
enum { EXPANSION = 200, EXPANSION_FREE = 16 << 20, FILES_MOST = 10000000 };

/* A stream that counts its bytes and keeps its first bytes. */
enum { HEAD = 4096 };
struct metered {
	struct stream stream;
	struct stream *inner;
	const char *name;
	char head[HEAD];
	size_t length, given;         /* of the head */
	uint64_t *left;               /* bytes that this may still deliver */
};
int import_meter(struct arena *arena, struct stream *inner, const char *name, uint64_t *left, struct metered **result,
                 struct tarsier_error *error);
/* Passes it to the feed that recognises it. An unrecognised file is reported and is not a failure. */
int import_feed(struct importing *importing, struct metered *metered, const char *name, struct tarsier_error *error);
bool import_is_tar(span head);
int import_tar(struct importing *importing, struct metered *metered, const char *name, struct tarsier_error *error);
/* `left` limits the decompressed size of all members. */
int import_zip(struct importing *importing, const char *path, uint64_t left, struct tarsier_error *error);

/* Reads one file, member or stream that is not yet closed. `size` is its compressed size, which limits what it may
 * expand to; 0 if unknown. */
int import_stream(struct importing *importing, struct stream *stream, const char *name, uint64_t size,
                  struct tarsier_error *error);
/* True if the inputs are files of a feed that have at most so many bytes in all. */
bool import_is_small(const char *const *paths, size_t count, uint64_t most);
int import_path(struct importing *importing, const char *path, struct tarsier_error *error);

/* Report a skipped record, and a finished container. */
void import_complain(struct importing *importing, const char *name, const char *feed, const char *why);
void import_done(struct importing *importing);
void import_container_done(struct importing *importing, struct container *container);

#endif
