/* groups the hits of one package by the vulnerability that they mention */
#ifndef TARSIER_MATCH_GROUP_H
#define TARSIER_MATCH_GROUP_H

#include "match/merge.h"

/* A hit mentions a vulnerability. */
struct mention {
	uint32_t cve;              /* 0 if none of its names is a CVE */
	uint32_t head;             /* without a CVE: the first mention that shares a name */
	const struct hit *hit;
	const struct advisory_text *text;
};

struct mentions {
	struct mention *items;       /* in matching->scratch */
	size_t count, capacity;
};

/* Collects the mentions of the current package's hits, in no particular order. Returns OK, MEMORY or DATABASE. */
int mentions_collect(struct matching *matching, struct mentions *mentions, struct tarsier_error *error);

/* True if the advisory was published after the other record was last changed. */
bool advisory_is_newer(const struct advisory_text *text, const struct advisory_text *other);

/* Read the database's texts of an advisory and its facts about a CVE, each once a call of match_packages. Return OK,
 * MEMORY or DATABASE. */
int matching_advisory_text(struct matching *matching, uint32_t advisory, const struct advisory_text **text,
                           struct tarsier_error *error);
int matching_cve_facts(struct matching *matching, uint32_t cve, const struct cve_facts **facts,
                       struct tarsier_error *error);

#endif
