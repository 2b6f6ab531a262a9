/* which distribution an image is */
#ifndef TARSIER_INVENTORY_DISTRO_H
#define TARSIER_INVENTORY_DISTRO_H

#include "layer/overlay.h"

struct distro { /* all strings non-NULL, "" if unknown */
	const char *id, *version, *codename, *name; /* os-release ID, VERSION_ID, VERSION_CODENAME, PRETTY_NAME */
	const char *id_like;
	const char *ecosystem;  /* OSV's: "Debian:12", "Alpine:v3.20", "AlmaLinux:9", "Red Hat:9"; Ubuntu's without ":LTS" */
	const char *evidence;   /* the file that this comes from */
};

/* From os-release(5), lsb-release, alpine-release, debian_version, redhat-release and the like, in that order. An image
 * without any of them has all fields "". Returns OK, MEMORY. */
int distro_detect(struct arena *arena, const struct overlay *overlay, struct distro *distro,
                  struct tarsier_error *error);

/* OSV's name for it, from its id, version and name; "" if there is none. NULL when memory ran out. */
const char *distro_ecosystem(struct arena *arena, const struct distro *distro);

/* The namespace of its packages' purls: the id, but "redhat" for "rhel" and "suse" for all of SUSE's products. */
const char *distro_vendor(const char *id);

#endif
