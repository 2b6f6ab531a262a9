/* which packages of an image need which */
#ifndef TARSIER_INVENTORY_DEPENDENCIES_H
#define TARSIER_INVENTORY_DEPENDENCIES_H

#include "base/error.h"
#include "base/span.h"
#include "tarsier_report.h"

/* What a package manager's record says. Readers give it as text (struct package, `requires`): the line "essential" or an empty
 * line, then a line for each requirement, with alternatives separated by '|'. Names only: what is installed satisfies its
 * dependencies, whatever the versions. */
struct tarsier_dependencies {
	const char *requires, *provides; /* the reader's texts, BORROWED until they are resolved */
	const size_t *on;                /* indexes of packages of the same list; not NULL once resolved */
	size_t count;
	bool essential;                  /* the system needs it, whether or not a package does */
};

enum {
	DEPENDENCIES_TEXT_LIMIT = 64 * 1024, /* of a package; metapackages of whole desktops have 10 KiB */
	DEPENDENCIES_PROVIDED_LIMIT = 500000, /* names that an image's packages provide: 100 bytes each; 3,000 packages have 5,000 */
	DEPENDENCIES_STEPS_LIMIT = 8 << 20,  /* of an image: 3,000 packages take 60,000 */
};

/* ---- for readers ------------------------------------------------------------------------------------------------- */

/* Begins the text of a package's requirements. All return false if memory ran out. */
bool dependencies_begin(struct buffer *into, bool essential);
/* Adds Depends, Pre-Depends or Provides of deb-control(5): "a (>= 1) | b, c:any". */
bool dependencies_add_control(struct buffer *into, span field);
/* Adds apk's "D:" and "p:", or one of pacman's values: words such as so:libcrypto.so.3=3; "!name" is a conflict. */
bool dependencies_add_words(struct buffer *into, span field);

/* ---- for the inventory ------------------------------------------------------------------------------------------- */

/* Returns what the texts say, in the arena; *into is NULL if `requires` is "", which means that nothing is known. Returns false
 * if memory ran out. */
bool dependencies_new(struct arena *arena, const char *requires, const char *provides, const struct tarsier_dependencies **into);
/* Finds what each package depends on. If that would take too long, as only made-up packages do, nothing is known of any. Returns
 * OK or MEMORY. */
int dependencies_resolve(struct arena *arena, struct tarsier_package *packages, size_t count, struct tarsier_error *error);

#endif
