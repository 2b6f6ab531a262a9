/* which distribution an image is */
#ifndef TARSIER_INVENTORY_DISTRO_H
#define TARSIER_INVENTORY_DISTRO_H

#include "layer/overlay.h"

struct distro { /* all strings non-NULL, "" if unknown */
	const char *id, *version, *codename, *name; /* os-release ID, VERSION_ID, VERSION_CODENAME, PRETTY_NAME */
	const char *id_like;
	const char *ecosystem;    /* OSV's: "Debian:12", "Alpine:v3.20", "AlmaLinux:9", "Red Hat:9"; Ubuntu's without ":LTS" */
	const char *package_type; /* purl type of its own packages: "deb"; "" if any may be */
	const char *evidence;     /* the file that this comes from */
	bool borrowed;            /* the ecosystem is another distribution's, which it rebuilds */
};

#define DISTRO_UNKNOWN {"", "", "", "", "", "", "", "", false}

/* From os-release(5), lsb-release, alpine-release, debian_version, redhat-release and the like, in that order. An image
 * without any of them has all fields "". Returns OK, MEMORY. */
int distro_detect(struct arena *arena, const struct overlay *overlay, struct distro *distro,
                  struct tarsier_error *error);

/* Sets ecosystem, package_type and borrowed from the other fields. False when memory ran out. */
bool distro_settle(struct arena *arena, struct distro *distro);

/* Whether packages of this type are the distribution's own: a deb is not Alpine's. */
bool distro_has_type(const struct distro *distro, const char *type);

/* The namespace of its packages' purls: the id, but "redhat" for "rhel" and "suse" for all of SUSE's products. */
const char *distro_vendor(const char *id);

#endif
