/* which advisories speak of which vulnerability of one package */
#ifndef TARSIER_MATCH_GROUP_H
#define TARSIER_MATCH_GROUP_H

#include "match/merge.h"

/* That a hit speaks of a vulnerability. */
struct claim {
	uint32_t cve;              /* 0: none of its names is a CVE */
	uint32_t head;             /* without a CVE: the lowest claim that shares a name */
	const struct hit *hit;
	const struct advisory_text *text;
};

struct claims {
	struct claim *items;       /* in matching->scratch */
	size_t count, capacity;
};

/* Of the hits of the package at hand, in no order. */
int claims_collect(struct matching *matching, struct claims *claims, struct tarsier_error *error);

/* What the database says of an advisory, of a CVE: read once a call. */
int matching_advisory_text(struct matching *matching, uint32_t advisory, const struct advisory_text **text,
                   struct tarsier_error *error);
int matching_cve_facts(struct matching *matching, uint32_t cve, const struct cve_facts **facts,
                   struct tarsier_error *error);

#endif
