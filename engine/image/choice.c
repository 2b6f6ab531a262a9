#include "image/choice.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_CANDIDATES = 4000 }; /* enough for a mirror; each candidate is compared with all others */

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Whether the last component has a tag. A colon before the last slash belongs to a port. */
static bool has_tag(span name)
{
	return span_find(span_from(name, (size_t)(span_find_last(name, '/') + 1)), ':') >= 0;
}

enum name_rank image_name_rank(const char *wanted, const char *name)
{
	span want = span_of(wanted), have = span_of(name);
	if (span_equal(want, have))
		return NAME_SAME;
	if (has_tag(have) && !has_tag(want) && span_ends(have, ":latest"))
		have.len -= strlen(":latest");
	if (span_equal(want, have))
		return NAME_NEAR;
	if (want.len == 0 || have.len <= want.len || have.ptr[have.len - want.len - 1] != '/')
		return NAME_OTHER;
	return span_ends(have, wanted) ? NAME_NEAR : NAME_OTHER;
}

void candidate_add_name(struct candidate *one, const char *name)
{
	for (size_t i = 0; i < one->name_count; i++)
		if (strcmp(one->names[i], name) == 0)
			return;
	if (*name && one->name_count < sizeof one->names / sizeof *one->names)
		one->names[one->name_count++] = name;
}

void candidate_set_platform(struct candidate *one, const char *wanted, const char *os, const char *architecture,
                            const char *variant)
{
	one->os = os;
	one->architecture = architecture;
	one->variant = variant;
	one->rank = platform_rank(wanted, os, architecture, variant);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

void choice_add(struct choice_list *list, const char *format, ...)
{
	char text[512];
	va_list arguments;
	if (list->count++ > CHOICE_LISTED || !list->text)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	const char *item = list->count > CHOICE_LISTED ? "…" : text;
	list->text = arena_format(list->arena, "%s%s%s", list->text, *list->text ? ", " : "", item);
}

static const char *listed(const struct choice_list *list)
{
	return list->text ? list->text : "(out of memory)";
}

static void list_candidate(const struct choice *choice, struct choice_list *list, const struct candidate *one,
                           bool by_name)
{
	for (size_t i = 0; by_name && i < one->name_count; i++)
		choice_add(list, "%s:%s", choice->stem, one->names[i]);
	if (!by_name || !one->name_count)
		choice_add(list, "%s@%s", choice->stem, one->id);
}

static int none_found(const struct choice *choice, struct tarsier_error *error)
{
	const struct reference *wanted = choice->reference;
	const char *others = listed(&choice->others);
	if (!*others)
		return error_set(error, TARSIER_NOT_FOUND, "holds no image");
	if (!*wanted->name && !*wanted->digest)
		return error_set(error, TARSIER_NOT_FOUND, "holds no image, but %s", others);
	return error_set(error, TARSIER_NOT_FOUND, "no image %s%s%s in it; it contains %s", wanted->name,
	                 *wanted->digest ? "@" : "", wanted->digest, others);
}

static int several_found(const struct choice *choice, bool by_name, enum platform_rank rank,
                         struct tarsier_error *error)
{
	struct choice_list list = {.arena = choice->arena, .text = ""};
	size_t count = 0;
	for (size_t i = 0; i < choice->count; i++) {
		const struct candidate *one = &choice->candidates[i];
		bool repeated = by_name && i > 0 && *one->name && strcmp(one->name, choice->candidates[i - 1].name) == 0;
		if (repeated || (!by_name && one->rank < rank))
			continue;
		list_candidate(choice, &list, one, by_name);
		count++;
	}
	return error_set(error, TARSIER_NOT_FOUND, "holds %zu images; name one: %s", count, listed(&list));
}

static int no_platform(const struct choice *choice, struct tarsier_error *error)
{
	struct choice_list list = {.arena = choice->arena, .text = ""};
	for (size_t i = 0; i < choice->count; i++) {
		const struct candidate *one = &choice->candidates[i];
		choice_add(&list, "%s/%s%s%s", one->os, one->architecture, *one->variant ? "/" : "", one->variant);
	}
	return error_set(error, TARSIER_NOT_FOUND, "no image for %s; choose with --platform among %s",
	                 *choice->platform ? choice->platform : platform_of_this_machine(),
	                 listed(&list));
}

/* ---- what there is ----------------------------------------------------------------------------------------------- */

int choice_begin(struct choice *choice, struct arena *arena, const struct reference *reference, const char *platform,
                 struct tarsier_error *error)
{
	*choice = (struct choice){.arena = arena, .reference = reference, .platform = platform,
	                          .stem = reference_stem(arena, reference), .others = {.arena = arena, .text = ""}};
	return choice->stem ? TARSIER_OK : error_memory(error);
}

bool choice_answers(struct choice *choice, const struct candidate *one)
{
	if (!*choice->reference->name || one->named > NAME_OTHER)
		return true;
	list_candidate(choice, &choice->others, one, true);
	return false;
}

/* An image under a second name is the same image: the name that matches better is kept. */
static bool merge(struct choice *choice, const struct candidate *one)
{
	for (size_t i = 0; i < choice->count; i++) {
		struct candidate *known = &choice->candidates[i];
		if (strcmp(known->id, one->id) != 0)
			continue;
		for (size_t j = 0; j < one->name_count; j++)
			candidate_add_name(known, one->names[j]);
		if (one->named > known->named) {
			known->named = one->named;
			known->name = one->name;
		}
		return true;
	}
	return false;
}

static int keep(struct choice *choice, const struct candidate *one, struct tarsier_error *error)
{
	struct candidate kept = *one;
	if (choice->count >= MOST_CANDIDATES)
		return error_set(error, TARSIER_LIMIT, "more than %d images to choose from", MOST_CANDIDATES);
	void *origin = arena_alloc(choice->arena, one->origin_size);
	choice->candidates = arena_grow(choice->arena, choice->candidates, choice->count, &choice->capacity, sizeof *one);
	kept.id = arena_string(choice->arena, one->id);
	if (!choice->candidates || !origin || !kept.id)
		return error_memory(error);
	kept.origin = memcpy(origin, one->origin, one->origin_size);
	choice->candidates[choice->count++] = kept;
	return TARSIER_OK;
}

int choice_offer(struct choice *choice, const struct candidate *one, bool by_digest, struct tarsier_error *error)
{
	const char *digest = choice->reference->digest;
	if (!choice_answers(choice, one))
		return TARSIER_OK;
	if (*digest && !by_digest && strcmp(digest, one->id) != 0) {
		list_candidate(choice, &choice->others, one, false);
		return TARSIER_OK;
	}
	return merge(choice, one) ? TARSIER_OK : keep(choice, one, error);
}

/* ---- which of it ------------------------------------------------------------------------------------------------- */

/* Keeps the candidates whose names match best. */
static void keep_best_named(struct choice *choice)
{
	enum name_rank best = NAME_OTHER;
	size_t kept = 0;
	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i].named > best)
			best = choice->candidates[i].named;
	for (size_t i = 0; i < choice->count; i++)
		if (choice->candidates[i].named == best)
			choice->candidates[kept++] = choice->candidates[i];
	choice->count = kept;
}

/* Ignores signatures and other artifacts beside an image. If there are only artifacts, one is read, and refused. */
static void drop_artifacts(struct choice *choice, choice_examine *examine, void *user)
{
	size_t kept = 0, artifacts = 0;
	if (choice->count < 2)
		return;
	for (size_t i = 0; i < choice->count; i++) {
		struct candidate one = choice->candidates[i];
		if (examine(user, &one))
			choice->candidates[kept++] = one;
		else
			artifacts++;
	}
	choice->count = kept || !artifacts ? kept : 1;
}

static size_t count_names(const struct choice *choice)
{
	size_t names = choice->count > 0;
	for (size_t i = 1; i < choice->count; i++)
		names += strcmp(choice->candidates[i].name, choice->candidates[0].name) != 0;
	return names;
}

/* Chooses by platform. Of several that match equally, those of one multi-platform index belong to one image (Windows has
 * one for each release), and the first is chosen; otherwise the user must give a digest. */
static int choose(const struct choice *choice, const struct candidate **chosen, struct tarsier_error *error)
{
	const struct candidate *best = NULL;
	bool several = false;
	for (size_t i = 0; i < choice->count; i++) {
		const struct candidate *one = &choice->candidates[i];
		if (!best || one->rank > best->rank)
			best = one, several = false;
		else if (one->rank == best->rank)
			several = several || one->root != best->root;
	}
	if (!best)
		return none_found(choice, error);
	if (choice->count > 1 && best->rank == PLATFORM_OTHER)
		return no_platform(choice, error);
	if (best->rank == PLATFORM_OTHER && !platform_is_default(choice->platform))
		return no_platform(choice, error);
	if (several)
		return several_found(choice, false, best->rank, error);
	*chosen = best;
	return TARSIER_OK;
}

int choice_make(struct choice *choice, choice_examine *examine, void *user, const struct candidate **chosen,
                struct tarsier_error *error)
{
	if (*choice->reference->name)
		keep_best_named(choice);
	drop_artifacts(choice, examine, user);
	if (!*choice->reference->digest && count_names(choice) > 1)
		return several_found(choice, true, PLATFORM_OTHER, error);
	return choose(choice, chosen, error);
}
