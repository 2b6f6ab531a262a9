/* the texts of an advisory, packed for the database */
#ifndef TARSIER_DATABASE_ADVISORY_TEXT_H
#define TARSIER_DATABASE_ADVISORY_TEXT_H

#include "database/advisory.h"

/*
 * The row of an advisory. It is read only if the advisory matched. Two columns:
 *
 *	head  = flags                        bits 0-2 the advisory's own severity, bit 3: set by a distribution
 *	        count { cve }                varints; each as the difference to the one before
 *	body  = zstd frame of NUL-ended strings: vector published modified url summary details alias… "" reference… ""
 *
 * Texts are small, so all share one dictionary that was trained on a sample of them. It shrinks them to a third of their
 * size instead of a half.
 */
struct advisory_text {
	const char *id, *vector, *published, *modified, *url, *summary, *details; /* "" if absent */
	const char **aliases, **references; /* NULL-terminated */
	enum tarsier_severity severity;     /* the advisory's own rating; UNKNOWN if it has none */
	bool distribution;                  /* … and a distribution made the rating */
	uint32_t *cves;
	size_t cve_count;
};

/* Limits: longer texts do not help a reader, and a hostile feed must not fill the database. */
enum {
	TEXT_SUMMARY = 512, TEXT_DETAILS = 8192, /* bytes, cut at a character */
	TEXT_REFERENCES = 64,
	TEXT_ALIASES = 256,
	TEXT_BYTES_MOST = 1 << 20,                      /* the bytes of one text, uncompressed */
};

bool advisory_text_write_head(const struct advisory_text *text, struct buffer *buffer);
bool advisory_text_write_body(const struct advisory_text *text, struct buffer *buffer); /* not yet compressed */

/* A packer is used by one thread. The dictionary is borrowed and may be empty. */
struct packer;
int packer_new(span dictionary, struct packer **packer, struct tarsier_error *error);
void packer_free(struct packer *packer); /* NULL is allowed */
int packer_pack(struct packer *packer, span text, struct buffer *packed, struct tarsier_error *error);
/* Trains on samples that are stored one after the other. Returns an empty dictionary if there are too few. */
bool packer_train(const char *samples, const size_t *sizes, size_t count, struct buffer *dictionary);

struct unpacker;
/* The dictionary is borrowed. */
int unpacker_new(span dictionary, struct unpacker **unpacker, struct tarsier_error *error);
void unpacker_free(struct unpacker *unpacker);
/* Owned by the arena, except the id, which is borrowed. Fails with DATABASE if the row is damaged. */
/* Reads a body that is not compressed. The body is borrowed. */
int advisory_text_parse(struct arena *arena, const char *id, span head, span body, struct advisory_text *text,
                        struct tarsier_error *error);
/* Reads only the severity and the CVEs. text->id is used in the message; the rest must be zero. */
int advisory_text_read_head(struct arena *arena, span head, struct advisory_text *text, struct tarsier_error *error);
int advisory_text_read(struct unpacker *unpacker, struct arena *arena, const char *id, span head, span body,
               struct advisory_text *text, struct tarsier_error *error);

#endif
