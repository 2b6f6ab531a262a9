/* secrets that have a well-known form: found in a file's bytes as they pass by */
#ifndef TARSIER_LAYER_SECRETS_H
#define TARSIER_LAYER_SECRETS_H

#include "base/span.h"

/* One form, as data: `prefix`, then `least` to `most` bytes of a set, which end where the set ends. */
struct secret_kind {
	const char *name;            /* "github-token": what policies and lists name */
	const char *title;           /* for people */
	const char *prefix;          /* at least two bytes */
	const char *set;             /* as in a regular expression, without brackets: "A-Za-z0-9_" */
	unsigned least, most;        /* of the bytes behind the prefix */
	unsigned digits;             /* at least so many of them are digits: words of prose have none */
	const char *not_with;        /* documentation's examples contain this; or NULL */
};

extern const struct secret_kind secret_kinds[]; /* ends with a NULL name */
extern const char *const secret_key_headers[];  /* what stands behind "-----BEGIN " of a private key; NULL-terminated */

enum {
	SECRETS_VERSION = 1,         /* raised whenever the same bytes give something else: part of the cache's key */
	SECRET_AHEAD = 512,          /* bytes that a match looks at, at most: the longest form has 300 */
	SECRET_WINDOW = 64 * 1024,
	SECRETS_A_FILE = 20,         /* at most so many are reported of one file: a person looks at the file then */
};

/* Called for each secret with the name of its kind, and where it begins in the file. Returns false to stop. */
typedef bool secret_found(void *user, const char *kind, uint64_t offset);

/* The search through one file. */
struct secret_search {
	char window[1 + SECRET_WINDOW + SECRET_AHEAD]; /* the byte before, then what was not looked at yet */
	size_t length, from;         /* bytes in the window; where the next match may begin */
	uint64_t offset;             /* of the window's first byte in the file */
	unsigned count;
	bool is_ready;               /* pairs is made; set to false before the first search */
	uint64_t pairs[1024];        /* a bit for each pair of bytes that a form begins with */
	secret_found *found;
	void *user;
};

/* The struct may be used for one file after the other. */
void secret_search_begin(struct secret_search *search, secret_found *found, void *user);
void secret_search_take(struct secret_search *search, span piece);
void secret_search_end(struct secret_search *search); /* after the last piece */

/* What a person reads of a kind: "a token of GitHub". Static; "" if there is no such kind. */
const char *secret_title(const char *kind);

#endif
