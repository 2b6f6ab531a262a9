/* image references, as users type them */
#ifndef TARSIER_IMAGE_REFERENCE_H
#define TARSIER_IMAGE_REFERENCE_H

#include "net/registry_name.h"

/*	reference = [scheme ":"] path [":" name] ["@" digest]  |  "-" [":" name] ["@" digest]
 *	          | ["docker://"] registry-name  |  "docker-daemon:" registry-name
 *
 * Without a scheme, it is a path if that exists, otherwise the name of an image in a registry if it has a host. Where a
 * colon may belong to the path or begin "repo:tag", the longest prefix that exists is the path. A scheme has precedence
 * over a file of that name: write "./oci:x" for the file. */
struct reference {
	const char *text;   /* as given */
	const char *scheme; /* "docker-archive", "oci", "oci-archive", "dir", "-", "docker", …; "" if none was named */
	const char *path;   /* "" for "-"; "//registry.example/app" for a name in a registry, "app:1" for one in an engine */
	const char *name;   /* the requested tag or repository:tag; "" */
	const char *digest; /* the requested "sha256:…"; "" */
	struct registry_name registry; /* for the name of an image in a registry */
};

/* The part before the name and the digest: "oci:dir", "x.tar", "-". Returns NULL if memory ran out. */
const char *reference_stem(struct arena *arena, const struct reference *reference);

int reference_parse(struct arena *arena, const char *text, struct reference *reference, struct tarsier_error *error);

#endif
