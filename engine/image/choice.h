/* one image among several, by name, digest and platform */
#ifndef TARSIER_IMAGE_CHOICE_H
#define TARSIER_IMAGE_CHOICE_H

#include "image/image.h"

/* How well an image's name matches the requested one: "app:1" itself, a name that ends in "/app:1", or one with the tag
 * "latest" if no tag was requested. */
enum name_rank { NAME_OTHER, NAME_NEAR, NAME_SAME };
enum name_rank image_name_rank(const char *wanted, const char *name);

enum { CHOICE_LISTED = 10 };   /* names in a message; an ellipsis replaces the rest */

/* All but the id and the origin are borrowed from the caller until the choice is made. */
struct candidate {
	const char *id;            /* its digest, or the path of its config if the digest is unknown: one id is one image */
	const char *name;          /* the name that matches best, or the first; "" */
	enum name_rank named;
	const char *names[CHOICE_LISTED + 1]; /* for messages: the listed ones and one more */
	size_t name_count;
	const char *os, *architecture, *variant;
	enum platform_rank rank;
	size_t root;               /* candidates with the same root are platforms of one image */
	const void *origin;        /* for the caller; copied if the candidate is kept */
	size_t origin_size;
};

/* The names to choose from, for messages. */
struct choice_list { struct arena *arena; const char *text; size_t count; };

struct choice {
	struct arena *arena;
	const struct reference *reference;
	const char *platform, *stem;
	struct candidate *candidates;
	size_t count, capacity;
	struct choice_list others; /* images with another name or digest */
};

/* Everything is allocated in the arena. */
int choice_begin(struct choice *choice, struct arena *arena, const struct reference *reference, const char *platform,
                 struct tarsier_error *error);
void choice_add(struct choice_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a name to a candidate, unless it is "". */
void candidate_add_name(struct candidate *one, const char *name);
/* Sets the platform of a candidate, and its rank. */
void candidate_set_platform(struct candidate *one, const char *wanted, const char *os, const char *architecture,
                            const char *variant);

/* Returns whether a candidate matches the requested name; if not, adds it to the others. */
bool choice_answers(struct choice *choice, const struct candidate *one);
/* Keeps a candidate that matches the requested name and digest, or adds it to the others. `by_digest`: the index that
 * contains it was requested by digest. A repeated image only adds its names. Fails with LIMIT. */
int choice_offer(struct choice *choice, const struct candidate *one, bool by_digest, struct tarsier_error *error);

/* Returns whether a candidate is an image. Called only if there are several; may set the candidate's platform. */
typedef bool choice_examine(void *user, struct candidate *one);
/* Sets *chosen to the best candidate, or fails with NOT_FOUND and a list of the others. If no candidate is an image, chooses
 * the first one, which fails when it is read. */
int choice_make(struct choice *choice, choice_examine *examine, void *user, const struct candidate **chosen,
                struct tarsier_error *error);

#endif
