/* image references, as people type them */
#ifndef TARSIER_IMAGE_REFERENCE_H
#define TARSIER_IMAGE_REFERENCE_H

#include "net/registry_name.h"

/*	reference = [scheme ":"] path [":" name] ["@" digest]  |  "-" [":" name] ["@" digest]
 *	          | ["docker://"] registry-name  |  "docker-daemon:" registry-name
 *
 * Without a scheme it is a path where something is there, else a name in a registry where it has a host.
 * A colon in an existing path and "repo:tag" after an archive's path are told apart by what exists: the path is the
 * longest beginning that does. A scheme goes before a file that is called like one: "./oci:x" is a file. */
struct reference {
	const char *text;   /* as given */
	const char *scheme; /* "docker-archive", "oci", "oci-archive", "dir", "-", "docker", …; "" if none was named */
	const char *path;   /* "" for "-"; "//registry.example/app" for a name in a registry, "app:1" for one in an engine */
	const char *name;   /* tag or repository:tag asked for; "" */
	const char *digest; /* "sha256:…" asked for; "" */
	struct registry_name registry; /* for a name in a registry */
};

/* What a name or a digest is put behind: "oci:dir", "x.tar", "-". NULL when memory ran out. */
const char *reference_stem(struct arena *arena, const struct reference *reference);

int reference_parse(struct arena *arena, const char *text, struct reference *reference, struct tarsier_error *error);

#endif
