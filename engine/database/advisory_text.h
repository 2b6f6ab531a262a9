/* what an advisory tells people, packed for the database */
#ifndef TARSIER_DATABASE_ADVISORY_TEXT_H
#define TARSIER_DATABASE_ADVISORY_TEXT_H

#include "database/advisory.h"

/*
 * The row of an advisory, which is read only for what matched. Two columns:
 *
 *	head  = flags                        bits 0-2 the severity in its own word, bit 3: a distribution's
 *	        count { cve }                varints; each as the difference to the one before
 *	body  = zstd frame of NUL-ended strings: vector published modified url summary details alias… "" reference… ""
 *
 * Texts are small, so one dictionary, trained on a sample of them, serves all: a third of their size instead of a half.
 */
struct advisory_text {
	const char *id, *vector, *published, *modified, *url, *summary, *details; /* "" if absent */
	const char **aliases, **references; /* NULL-terminated */
	enum tarsier_severity severity;     /* by its own word; UNKNOWN where it has none */
	bool distribution;                  /* … which is a distribution's word */
	uint32_t *cves;
	size_t cve_count;
};

/* Limits: longer texts tell a reader nothing more, and a hostile feed must not fill the database. */
enum {
	TEXT_SUMMARY = 512, TEXT_DETAILS = 8192, /* bytes, cut at a character */
	TEXT_REFERENCES = 64,
	TEXT_ALIASES = 256,
	TEXT_BYTES_MOST = 1 << 20,                      /* the bytes of one text, uncompressed */
};

bool advisory_text_write_head(const struct advisory_text *text, struct buffer *buffer);
bool advisory_text_write_body(const struct advisory_text *text, struct buffer *buffer); /* not yet compressed */

/* Compression is one state a thread. The dictionary is borrowed, and may be empty. */
struct packer;
int packer_new(span dictionary, struct packer **packer, struct tarsier_error *error);
void packer_free(struct packer *packer); /* NULL is fine */
int packer_pack(struct packer *packer, span text, struct buffer *packed, struct tarsier_error *error);
/* Trains on samples that lie one behind the other. An empty dictionary where there are too few. */
bool packer_train(const char *samples, const size_t *sizes, size_t count, struct buffer *dictionary);

struct unpacker;
int unpacker_new(span dictionary, struct unpacker **unpacker, struct tarsier_error *error);
void unpacker_free(struct unpacker *unpacker);
/* Everything lies in the arena but the id, which is borrowed. DATABASE where the row is damaged. */
/* The same of a body that is not compressed. It is borrowed. */
int advisory_text_parse(struct arena *arena, const char *id, span head, span body, struct advisory_text *text,
                        struct tarsier_error *error);
int advisory_text_read(struct unpacker *unpacker, struct arena *arena, const char *id, span head, span body,
               struct advisory_text *text, struct tarsier_error *error);

#endif
