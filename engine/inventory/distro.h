/* which distribution an image is */
#ifndef TARSIER_INVENTORY_DISTRO_H
#define TARSIER_INVENTORY_DISTRO_H

#include "layer/overlay.h"

struct distro { /* all strings non-NULL, "" where unknown */
	const char *id, *version, *codename, *name; /* os-release ID, VERSION_ID, VERSION_CODENAME, PRETTY_NAME */
	const char *id_like;
	const char *ecosystem;  /* OSV's: "Debian:12", "Alpine:v3.20", "AlmaLinux:9", "Red Hat:9"; Ubuntu's without ":LTS" */
	const char *evidence;   /* the file that told */
};

/* From os-release(5), lsb-release, alpine-release, debian_version, redhat-release and kin, in that order. */
int distro_detect(struct arena *arena, const struct overlay *overlay, struct distro *distro,
                  struct tarsier_error *error);

/* OSV's name for it, from its id, version and name; "" where there is none. NULL when memory ran out. */
const char *distro_ecosystem(struct arena *arena, const struct distro *distro);

/* Who made it, as the namespace of purls has it: the id, but "redhat" for "rhel", "suse" for SUSE's many. */
const char *distro_vendor(const char *id);

#endif
