/* floor 3: image references, as people type them */
#ifndef TARSIER_REFERENCE_H
#define TARSIER_REFERENCE_H

#include "error.h"
#include "span.h"

/*	scheme ":" path [":" name | "@" digest]  |  "-"  |  path
 * A Windows drive, a colon in an existing path and "repo:tag" after an archive's path are told apart by what exists. */
struct reference {
	const char *text;   /* as given */
	const char *scheme; /* "docker-archive", "oci", "oci-archive", "dir", "-"; "" where it was not named */
	const char *path;   /* "" for "-" */
	const char *name;   /* tag or repository:tag asked for; "" */
	const char *digest; /* "sha256:…" asked for; "" */
};

int reference_parse(struct arena *arena, const char *text, struct reference *reference, struct tarsier_error *error);

#endif
