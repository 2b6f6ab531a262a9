/* detects the distribution of an image */
#ifndef TARSIER_INVENTORY_DISTRO_H
#define TARSIER_INVENTORY_DISTRO_H

#include "layer/overlay.h"

struct distro { /* all strings non-NULL, "" if unknown */
	const char *id, *version, *codename, *name; /* os-release ID, VERSION_ID, VERSION_CODENAME, PRETTY_NAME */
	const char *id_like;
	const char *ecosystem;    /* OSV's: "Debian:12", "Alpine:v3.20", "AlmaLinux:9", "Red Hat:9"; Ubuntu's without ":LTS" */
	const char *package_type; /* purl type of its own packages: "deb"; "" if any type */
	const char *evidence;     /* the file that names the distribution */
	bool borrowed;            /* the ecosystem belongs to another distribution, which this one rebuilds */
};

#define DISTRO_UNKNOWN {"", "", "", "", "", "", "", "", false}

/* Reads os-release(5), lsb-release, alpine-release, debian_version, redhat-release and similar files, in that order.
 * All fields are "" if the image has none of them. Returns OK or MEMORY. */
int distro_detect(struct arena *arena, const struct overlay *overlay, struct distro *distro,
                  struct tarsier_error *error);

/* Sets ecosystem, package_type and borrowed from the other fields. Returns false if memory ran out. */
bool distro_settle(struct arena *arena, struct distro *distro);

/* Returns true if packages of this type are the distribution's own: a deb does not belong to Alpine. */
bool distro_has_type(const struct distro *distro, const char *type);

/* Returns the namespace of its packages' purls: the id, but "redhat" for "rhel" and "suse" for all of SUSE's
 * products. */
const char *distro_vendor(const char *id);

#endif
