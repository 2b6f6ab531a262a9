/* reports which parts of the image's operating system could not be matched */
#ifndef TARSIER_INVENTORY_SYSTEM_CHECK_H
#define TARSIER_INVENTORY_SYSTEM_CHECK_H

#include "inventory/end_of_life.h"
#include "inventory/problems.h"

struct system_check {
	const char *image;             /* its reference: the subject if the image has no distribution */
	const struct distro *distro;
	const struct tarsier_package *packages;
	size_t package_count;
	const char *today;             /* "2026-11-28" */
	const struct end_of_life *end; /* of the distribution's release; or NULL */
	bool by_clair;                 /* Clair read the image and selected the feeds */
};

/* Reports packages that are missing or cannot be matched: no packages, none of the system's own, packages of another
 * system or vendor, a system without a feed or past its end of life, and a borrowed feed. Returns OK or MEMORY. */
int system_check_run(const struct system_check *check, struct problem_list *problems, struct tarsier_error *error);

/* Return true if the package, or packages of this type, belong to an operating system, not to a language. */
bool type_is_system(const char *type);
bool package_is_system(const struct tarsier_package *package);

#endif
