/* what a criterion of an OVAL definition says, and of which release */
#ifndef TARSIER_DATABASE_OVAL_CRITERION_H
#define TARSIER_DATABASE_OVAL_CRITERION_H

#include "base/span.h"
#include "database/advisory.h"

enum oval_kind {
	OVAL_OTHER,      /* "Oracle Linux arch is x86_64", "bind is signed with the Oracle Linux 5 key" */
	OVAL_RELEASE,    /* "Oracle Linux 5 is installed": `name` is the release */
	OVAL_MODULE,     /* "Module virt:kvm_utils is enabled": `name` is the stream */
	OVAL_PACKAGE,
	OVAL_ABOVE,      /* "Package golang is greater than 1.19.0": `version` is where the package's range begins */
};

struct oval_criterion {
	enum oval_kind kind;
	span name, version;           /* version: "" if none is fixed */
	bool last;                    /* the version is the last that is affected, not the first that is fixed */
	enum advisory_status status;
};

/* Reads the comment of a criterion. The spans lie in the comment. */
struct oval_criterion oval_criterion(span comment);

/* Returns the ecosystem of a release that a publisher names: "Oracle Linux 5" → "Oracle Linux:5", "SUSE Linux Enterprise
 * Server 15 SP3" → "SUSE:Linux Enterprise Server 15 SP3". Returns "" if it is of none, NULL if memory ran out. */
const char *oval_ecosystem(struct arena *arena, span release);

#endif
