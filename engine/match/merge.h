/* merges the advisories about one package into one finding for each vulnerability */
#ifndef TARSIER_MATCH_MERGE_H
#define TARSIER_MATCH_MERGE_H

#include "base/map.h"
#include "format/version.h"
#include "match/match.h"

/* What one advisory says of the current package. */
struct hit {
	uint32_t advisory;
	uint32_t cve;                    /* the CVE, if this is a distribution's tracker record; else 0 */
	bool affected, has_fix;
	bool informational;
	bool extended;                   /* from records of an extended support that built the package */
	enum advisory_status status;
	bool own;                        /* from the publisher's own feed */
	enum tarsier_severity severity;  /* as the distribution rates it for this package */
	const char *functions;           /* of a Go module: the vulnerable ones; or NULL */
	const char *vector;              /* CVSS vector for this package; or "" */
	const char *fix;                 /* "" if none is known */
};

/* The state of one call of match_packages: the connection and the records read through it. */
struct related;
struct matching {
	struct database *database;
	const atomic_bool *cancelled;
	const char *severity_order;      /* as tarsier_config.severity_sources; or NULL */
	struct connection *connection;
	struct arena *arena;
	struct arena scratch;            /* memory for one package */
	struct map texts, cves;          /* by advisory, by CVE */
	const struct related *related;   /* of the current ecosystem */
	size_t related_count;
	struct map unused[2];            /* advisories for extended support and for other products, which were not used */
	size_t unused_packages[2];
	bool has_unused[2];              /* of the current package */
	size_t rows_compared;            /* of all packages */
	size_t unordered;                /* advisories whose ranges could not be compared with the current package */
	struct hit *hits;                /* of the current package; in `scratch` */
	size_t hit_count, hit_capacity;
	const char **functions;          /* of the findings that findings_merge made: the vulnerable functions, or NULL; in
	                                  * `scratch` */
};

/* Makes one finding for each vulnerability of the current package, in the arena; the caller sets their package.
 * `scheme` orders the fixes and may be NULL. Returns OK, MEMORY or DATABASE. */
int findings_merge(struct matching *matching, const struct version_scheme *scheme, struct tarsier_finding **findings,
                   size_t *count, struct tarsier_error *error);

#endif
