/* one advisory as a feed states it, and the sink that takes it */
#ifndef TARSIER_DATABASE_ADVISORY_H
#define TARSIER_DATABASE_ADVISORY_H

#include "base/error.h"
#include "base/span.h"
#include "stream/stream.h"

enum range_event { EVENT_INTRODUCED, EVENT_FIXED, EVENT_LAST_AFFECTED, EVENT_LIMIT };

/* What a publisher says of a package and a vulnerability beside versions. Stored as a number: append only. */
enum advisory_status {
	STATUS_UNSTATED, STATUS_AFFECTED, STATUS_NOT_AFFECTED, STATUS_WILL_NOT_FIX, STATUS_FIX_DEFERRED, STATUS_END_OF_LIFE,
	STATUS_UNDER_INVESTIGATION, STATUS_UNIMPORTANT,
	STATUSES
};
/* Returns "will_not_fix" and the like; "" for UNSTATED and for numbers that are none of these. Static. */
const char *status_name(enum advisory_status status);
/* Returns the status that a rating implies ("unimportant", "end-of-life"); else UNSTATED. NULL is allowed. */
enum advisory_status status_of_word(const char *word);

struct advisory_event { enum range_event kind; const char *version; };
/* ECOSYSTEM and SEMVER; GIT ranges are left out. */
struct advisory_range { struct advisory_event *events; size_t count; };

struct affected {
	const char *ecosystem, *name;       /* as OSV writes them */
	struct advisory_range *ranges;
	size_t range_count;
	const char **versions;              /* NULL-terminated; or NULL */
	const char *severity_word;          /* the distribution's own rating ("High", "unimportant"); or NULL */
	const char **cvss;                  /* vectors for this package, NULL-terminated */
	const char *purl;                   /* "" if there is none */
	const char *stream;                 /* the rpm modules that it is for: "virt:rhel virt-devel:rhel"; of a Go module, the
	                                     * functions, as go_functions_state takes them; or NULL */
	enum advisory_status status;
	bool own;                           /* from the publisher's own feed: replaces copies of its records elsewhere */
	bool informational;                 /* unmaintained, unsound or similar: not a vulnerability */
	bool only_commits;                  /* names affected commits only, no versions */
};

struct advisory { /* strings are non-NULL unless stated otherwise */
	/* The part of a publisher's own feed that this is from: "debian-tracker", "secdb Alpine:v3.20 main", "redhat-vex
	 * CVE-2024-1". Its records of one id add up, stand beside those of other feeds, and replace what an older import took
	 * from that part. NULL: the record is whole. */
	const char *scope;
	const char *id, *summary, *details, *url, *published, *modified;
	const char *withdrawn;              /* NULL if it was not withdrawn */
	const char **aliases;               /* aliases and upstream ids; NULL-terminated */
	const char **cvss;                  /* vectors, NULL-terminated */
	const char *severity_word;          /* or NULL */
	const char **references;            /* NULL-terminated */
	struct affected *affected;
	size_t affected_count;
	size_t nameless_count;              /* affected packages without an ecosystem and a name */
	bool news;                          /* about bug fixes and enhancements: nothing is vulnerable */
};

struct kev { const char *id, *added, *due; bool ransomware; };
struct epss { const char *id; double score, percentile; };
/* A release of a distribution: its ID in os-release, and the last days of support for everyone and of extended support; "" if
 * there is none. */
struct distro_end { const char *id, *release, *support, *extended; };

/* What a feed about CVEs says of one: cve_table.h lists the kinds. `kind` is static. */
struct cve_statement { const char *id, *kind, *value; };

/* The sink of a feed. Each function returns 0 or a negative code, which the feed returns to its caller. */
struct advisory_sink {
	int (*advisory)(void *user, const struct advisory *advisory, struct tarsier_error *error);
	int (*kev)(void *user, const struct kev *kev, struct tarsier_error *error);
	int (*epss)(void *user, const struct epss *epss, struct tarsier_error *error);
	int (*end)(void *user, const struct distro_end *end, struct tarsier_error *error);
	int (*stated)(void *user, const struct cve_statement *statement, struct tarsier_error *error);
	int (*dated)(void *user, const char *feed, const char *date, struct tarsier_error *error); /* the feed's own date; of
	                                              * EPSS with its model behind a space */
	void (*unreadable)(void *user, const char *what, const char *why); /* a record, or a part of it, was
	                                              * skipped; the feed continues */
	void *user;
};

enum { RECOGNISED = 100 };
struct feed {
	const char *name;                   /* "osv" */
	/* Returns 0 if this feed does not recognise the file; the highest number wins. RECOGNISED: no other feed needs to be
	 * asked. Reads the first bytes (up to 4,096) of a decompressed file. */
	int (*recognise)(span head);
	int (*read)(struct stream *stream, const char *name, struct advisory_sink *sink, struct tarsier_error *error);
};

extern const struct feed *const feeds_all[]; /* NULL-terminated; generated from feeds/ */

#endif
