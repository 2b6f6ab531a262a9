/* one image among several, by name, digest and platform */
#ifndef TARSIER_IMAGE_CHOICE_H
#define TARSIER_IMAGE_CHOICE_H

#include "image/image.h"

/* How well an image's name answers to the one asked for: "app:1" itself, or what ends in "/app:1", or has the tag
 * "latest" where none was asked for. */
enum name_rank { NAME_OTHER, NAME_NEAR, NAME_SAME };
enum name_rank image_name_rank(const char *wanted, const char *name);

enum { CHOICE_LISTED = 10 };   /* in a message; an ellipsis stands for the rest */

/* Borrowed from the caller until the choice is made, but for the id and the origin. */
struct candidate {
	const char *id;            /* its digest, or the path of its config if that is not known: one id is one image */
	const char *name;          /* the one that answers best, or the first; "" */
	enum name_rank named;
	const char *names[CHOICE_LISTED + 1]; /* for messages: as many as are listed, and one more */
	size_t name_count;
	const char *os, *architecture, *variant;
	enum platform_rank rank;
	size_t root;               /* candidates with the same root are one image's, for several platforms */
	const void *origin;        /* the caller's; copied if the candidate is kept */
	size_t origin_size;
};

/* A list of what may be chosen. */
struct choice_list { struct arena *arena; const char *text; size_t count; };

struct choice {
	struct arena *arena;
	const struct reference *reference;
	const char *platform, *stem;
	struct candidate *candidates;
	size_t count, capacity;
	struct choice_list others; /* what answers to another name or digest */
};

/* Everything lies in the arena. */
int choice_begin(struct choice *choice, struct arena *arena, const struct reference *reference, const char *platform,
                 struct tarsier_error *error);
void choice_add(struct choice_list *list, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds a name to a candidate, unless it is "". */
void candidate_add_name(struct candidate *one, const char *name);
/* Sets the platform of a candidate, and its rank. */
void candidate_set_platform(struct candidate *one, const char *wanted, const char *os, const char *architecture,
                            const char *variant);

/* Returns whether a candidate answers to the name asked for; if not, it is listed among the others. */
bool choice_answers(struct choice *choice, const struct candidate *one);
/* Keeps a candidate that answers to the name and the digest asked for, or else lists it among the others. `by_digest`:
 * what holds it was asked for by digest. The same image again adds its names. Fails with LIMIT. */
int choice_offer(struct choice *choice, const struct candidate *one, bool by_digest, struct tarsier_error *error);

/* Returns whether a candidate is an image. Asked only if there is a choice; may set the candidate's platform. */
typedef bool choice_examine(void *user, struct candidate *one);
/* Sets *chosen to the best candidate, or fails with NOT_FOUND and a list of what there is. If no candidate is an image, the
 * first is chosen, to be refused when it is read. */
int choice_make(struct choice *choice, choice_examine *examine, void *user, const struct candidate **chosen,
                struct tarsier_error *error);

#endif
