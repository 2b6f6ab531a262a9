/* which Maven artifact a jar is, if no pom.properties says so */
#ifndef TARSIER_INVENTORY_JAR_IDENTITY_H
#define TARSIER_INVENTORY_JAR_IDENTITY_H

#include "inventory/jar_manifest.h"

struct jar_identity {
	span group, artifact, version; /* each may be empty */
};

/* Returns true for what group and artifact ids are made of. */
bool jar_is_id(span text);
/* Returns true for a version without blanks, and without properties of a build that were not filled in. */
bool jar_is_version(span text);

/* "commons-io-2.11.0" → "commons-io" and "2.11.0"; without a version, the whole name and "". */
void jar_split_name(span base, span *artifact, span *version);

/*
 * Chooses from the manifest and the file's name without its ending. A title is free text, so the artifact is what the
 * file is named after if the name has a version, as in repositories; else what the manifest says. A group is never
 * guessed from parts: it is the manifest's Group-Id; `family` (jar_family_group), which is "" or a group; the
 * Implementation-Vendor-Id, which Maven sets to it; or what is left of the Bundle-SymbolicName without the artifact, as
 * Maven's plugin for bundles makes it, if that has three parts or more. Else there is none.
 */
struct jar_identity jar_identify(const struct jar_manifest *manifest, span base, const char *family);

/* ---- jar_family.c ------------------------------------------------------------------------------------------------- */

enum { JAR_FAMILIES = 4 }; /* that one artifact may belong to */
struct jar_families {
	const struct jar_family *candidates[JAR_FAMILIES];
	bool confirmed[JAR_FAMILIES];
};

/* Looks up the families whose naming the artifact has. */
void jar_family_find(span artifact, struct jar_families *families);
/* The jar has a class with this path. */
void jar_family_see(struct jar_families *families, span class_path);
/* Returns the group of the first family that a class has confirmed; "" without one. */
const char *jar_family_group(const struct jar_families *families);

#endif
