/* one image out of an index, by name, digest and platform */
#include "format/json.h"
#include "image/image.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* OCI image-spec, image-index.md and annotations.md; Docker's manifest list has the same members:
 *
 *	{ "manifests": [ { "mediaType", "digest", "size", "platform": { "os", "architecture", "variant" },
 *	                   "annotations": { "org.opencontainers.image.ref.name": "1.2", … } } ] }
 *
 * containerd and Docker put the whole name, repository and tag, into "io.containerd.image.name".
 */

enum {
	MOST_CANDIDATES = 4000, /* a mirror's worth; each is compared with all others */
	MOST_FETCHES = 100,      /* nested indexes read; a builder nests one */
	MOST_LISTED = 10,
};

struct candidate {
	struct digest digest;
	uint64_t size;
	const char *media_type, *name;
	enum name_rank named;
	enum platform_rank rank;
	const char *os, *architecture, *variant;
	size_t root, depth; /* the entry of the outermost index that led here */
};

struct chooser {
	struct arena *arena;
	const struct reference *reference;
	const char *platform, *stem;
	blob_fetch *fetch;
	void *user;
	struct candidate *candidates;
	size_t count, capacity, fetches;
	struct choice_list others; /* what answers to another name or digest */
};

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* Has the last component a tag of its own? A colon before the last slash is a port. */
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

void choice_add(struct choice_list *list, const char *format, ...)
{
	char text[512];
	va_list arguments;
	if (list->count++ > MOST_LISTED || !list->text)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	const char *item = list->count > MOST_LISTED ? "…" : text;
	list->text = arena_format(list->arena, "%s%s%s", list->text, *list->text ? ", " : "", item);
}

static const char *listed(const struct choice_list *list)
{
	return list->text ? list->text : "(out of memory)";
}

static void list_candidate(const struct chooser *chooser, struct choice_list *list, const struct candidate *one,
                           bool by_name)
{
	if (by_name && *one->name)
		choice_add(list, "%s:%s", chooser->stem, one->name);
	else
		choice_add(list, "%s@%s", chooser->stem, one->digest.text);
}

/* ---- what there is ----------------------------------------------------------------------------------------------- */

/* What an entry says of itself: BuildKit's attestations have the first annotation, what `cosign save` writes the second, and
 * OCI 1.1 has artifactType. */
static bool is_artifact(const json_t *entry)
{
	const json_t *platform = json_member(entry, "platform"), *annotations = json_member(entry, "annotations");
	const char *kind = json_text(annotations, "kind"), *artifact = json_text(entry, "artifactType");
	if (*json_text(annotations, "vnd.docker.reference.type"))
		return true;
	if (span_starts(span_of(kind), "dev.cosignproject.cosign/") && !span_starts(span_of(kind), "dev.cosignproject.cosign/image"))
		return true;
	if (*artifact && image_media_kind(artifact) != MEDIA_CONFIG)
		return true;
	return strcmp(json_text(platform, "os"), "unknown") == 0 &&
	       strcmp(json_text(platform, "architecture"), "unknown") == 0;
}

static const char *name_of(struct chooser *chooser, const json_t *entry, const struct candidate *parent)
{
	const json_t *annotations = json_member(entry, "annotations");
	const char *whole = json_text(annotations, "io.containerd.image.name");
	const char *name = *whole ? whole : json_text(annotations, "org.opencontainers.image.ref.name");
	if (parent)
		return parent->name;
	return *name ? arena_string(chooser->arena, name) : "";
}

/* Either annotation may be what the user means by a name: the tag alone, or all of it. */
static enum name_rank rank_name(const char *wanted, const json_t *entry)
{
	const json_t *annotations = json_member(entry, "annotations");
	const char *whole = json_text(annotations, "io.containerd.image.name");
	const char *tag = json_text(annotations, "org.opencontainers.image.ref.name");
	enum name_rank a = *whole ? image_name_rank(wanted, whole) : NAME_OTHER;
	enum name_rank b = *tag ? image_name_rank(wanted, tag) : NAME_OTHER;
	return a > b ? a : b;
}

static int read_candidate(struct chooser *chooser, const json_t *entry, const struct candidate *parent,
                          struct candidate *one, struct tarsier_error *error)
{
	const json_t *platform = json_member(entry, "platform");
	const char *os = json_text(platform, "os"), *architecture = json_text(platform, "architecture");
	const char *variant = json_text(platform, "variant");
	int code = image_read_descriptor(entry, &one->digest, &one->size, "an entry of the index", error);
	if (code < 0)
		return code;
	one->name = name_of(chooser, entry, parent);
	one->media_type = arena_string(chooser->arena, json_text(entry, "mediaType"));
	one->rank = platform_rank(chooser->platform, os, architecture, variant);
	one->named = parent ? parent->named : rank_name(chooser->reference->name, entry);
	one->os = arena_string(chooser->arena, os);
	one->architecture = arena_string(chooser->arena, architecture);
	one->variant = arena_string(chooser->arena, variant);
	bool memory = one->name && one->media_type && one->os && one->architecture && one->variant;
	return memory ? TARSIER_OK : error_memory(error);
}

/* The same image under a second name is one image. */
static bool is_known(const struct chooser *chooser, const struct candidate *one)
{
	for (size_t i = 0; i < chooser->count; i++)
		if (digest_equal(&chooser->candidates[i].digest, &one->digest))
			return true;
	return false;
}

static int keep_candidate(struct chooser *chooser, const struct candidate *one, struct tarsier_error *error)
{
	if (is_known(chooser, one))
		return TARSIER_OK;
	if (chooser->count >= MOST_CANDIDATES)
		return error_set(error, TARSIER_LIMIT, "the index lists more than %d images", MOST_CANDIDATES);
	chooser->candidates = arena_grow(chooser->arena, chooser->candidates, chooser->count, &chooser->capacity,
	                                 sizeof *one);
	if (!chooser->candidates)
		return error_memory(error);
	chooser->candidates[chooser->count++] = *one;
	return TARSIER_OK;
}

static int collect(struct chooser *chooser, span text, const struct candidate *parent, bool by_digest,
                   struct tarsier_error *error);

/* A nested index. One that is not there is somebody else's platform, or names an image by mistake: it is missed only
 * where nothing else is found. */
static int descend(struct chooser *chooser, const struct candidate *one, bool by_digest, struct tarsier_error *error)
{
	struct buffer text;
	if (one->depth > IMAGE_INDEX_DEPTH)
		return error_set(error, TARSIER_LIMIT, "indexes are nested more than %d deep", IMAGE_INDEX_DEPTH);
	if (++chooser->fetches > MOST_FETCHES)
		return error_set(error, TARSIER_LIMIT, "more than %d indexes lie in the index", MOST_FETCHES);
	buffer_init(&text, &chooser->arena->allocator);
	int code = chooser->fetch(chooser->user, &one->digest, one->size, &text, error);
	if (code >= 0)
		code = collect(chooser, buffer_span(&text), one, by_digest, error);
	else if (code == TARSIER_NOT_FOUND) {
		choice_add(&chooser->others, "%s (an index that is not there)", one->digest.text);
		code = TARSIER_OK;
	}
	buffer_free(&text);
	return code;
}

static int collect_entry(struct chooser *chooser, const json_t *entry, struct candidate *one,
                         const struct candidate *parent, bool by_digest, struct tarsier_error *error)
{
	const struct reference *wanted = chooser->reference;
	int code = read_candidate(chooser, entry, parent, one, error);
	if (code < 0)
		return code;
	if (*wanted->name && one->named == NAME_OTHER) {
		if (!parent)
			list_candidate(chooser, &chooser->others, one, true);
		return TARSIER_OK;
	}
	by_digest = by_digest || strcmp(wanted->digest, one->digest.text) == 0;
	if (image_media_kind(one->media_type) == MEDIA_INDEX)
		return descend(chooser, one, by_digest, error);
	if (*wanted->digest && !by_digest) {
		list_candidate(chooser, &chooser->others, one, false);
		return TARSIER_OK;
	}
	return keep_candidate(chooser, one, error);
}

/* `parent` is the entry that holds this index: NULL for the outermost. `by_digest`: it was asked for by its digest. */
static int collect(struct chooser *chooser, span text, const struct candidate *parent, bool by_digest,
                   struct tarsier_error *error)
{
	json_t *json = NULL;
	const json_t *entry;
	size_t i;
	int code = json_parse(text, IMAGE_DOCUMENT_LIMIT, "image index", &json, error);
	if (code < 0)
		return code;
	const json_t *entries = json_list(json, "manifests");
	if (!entries)
		code = error_set(error, TARSIER_FORMAT, "an index has no list of manifests");
	json_array_foreach(entries, i, entry) {
		struct candidate one = {.root = parent ? parent->root : i, .depth = parent ? parent->depth + 1 : 1};
		enum media_kind kind = image_media_kind(json_text(entry, "mediaType"));
		if (is_artifact(entry) || (kind != MEDIA_NONE && kind != MEDIA_MANIFEST && kind != MEDIA_INDEX))
			continue;
		if ((code = collect_entry(chooser, entry, &one, parent, by_digest, error)) < 0)
			break;
	}
	json_decref(json);
	return code;
}

/* ---- which of it ------------------------------------------------------------------------------------------------- */

/* Keeps those that answer best to the name. */
static void keep_best_named(struct chooser *chooser)
{
	enum name_rank best = NAME_OTHER;
	size_t kept = 0;
	for (size_t i = 0; i < chooser->count; i++)
		if (chooser->candidates[i].named > best)
			best = chooser->candidates[i].named;
	for (size_t i = 0; i < chooser->count; i++)
		if (chooser->candidates[i].named == best)
			chooser->candidates[kept++] = chooser->candidates[i];
	chooser->count = kept;
}

/* A manifest that is missing or broken is an image's until it is wanted. */
static bool has_artifact_manifest(struct chooser *chooser, const struct candidate *one)
{
	struct buffer text;
	json_t *json = NULL;
	if (*one->os || *one->architecture || chooser->fetches >= MOST_FETCHES)
		return false; /* only images are for a platform */
	chooser->fetches++;
	buffer_init(&text, &chooser->arena->allocator);
	bool read = chooser->fetch(chooser->user, &one->digest, one->size, &text, NULL) >= 0 &&
	            json_parse(buffer_span(&text), IMAGE_DOCUMENT_LIMIT, "image manifest", &json, NULL) >= 0;
	bool artifact = read && json_is_object(json) && !json_list(json, "manifests") && image_artifact_type(json);
	json_decref(json);
	buffer_free(&text);
	return artifact;
}

/* A signature beside an image leaves no choice to make; where there are only artifacts, one is read, to be refused. */
static void drop_artifacts(struct chooser *chooser)
{
	size_t kept = 0, artifacts = 0;
	if (chooser->count < 2)
		return;
	for (size_t i = 0; i < chooser->count; i++) {
		struct candidate one = chooser->candidates[i];
		if (has_artifact_manifest(chooser, &one))
			artifacts++;
		else
			chooser->candidates[kept++] = one;
	}
	chooser->count = kept || !artifacts ? kept : 1;
}

static size_t count_names(const struct chooser *chooser)
{
	size_t names = chooser->count > 0;
	for (size_t i = 1; i < chooser->count; i++)
		names += strcmp(chooser->candidates[i].name, chooser->candidates[0].name) != 0;
	return names;
}

static int none_found(const struct chooser *chooser, struct tarsier_error *error)
{
	const struct reference *wanted = chooser->reference;
	const char *others = listed(&chooser->others);
	if (!*others)
		return error_set(error, TARSIER_NOT_FOUND, "holds no image");
	if (!*wanted->name && !*wanted->digest)
		return error_set(error, TARSIER_NOT_FOUND, "holds no image, but %s", others);
	return error_set(error, TARSIER_NOT_FOUND, "no image %s%s%s in there; there is %s", wanted->name,
	                 *wanted->digest ? "@" : "", wanted->digest, others);
}

static int several_found(const struct chooser *chooser, bool by_name, enum platform_rank rank,
                         struct tarsier_error *error)
{
	struct choice_list list = {.arena = chooser->arena, .text = ""};
	size_t count = 0;
	for (size_t i = 0; i < chooser->count; i++) {
		const struct candidate *one = &chooser->candidates[i];
		bool repeated = by_name && i > 0 && *one->name && strcmp(one->name, chooser->candidates[i - 1].name) == 0;
		if (repeated || (!by_name && one->rank < rank))
			continue;
		list_candidate(chooser, &list, one, by_name);
		count++;
	}
	return error_set(error, TARSIER_NOT_FOUND, "holds %zu images; name one: %s", count, listed(&list));
}

static int no_platform(const struct chooser *chooser, struct tarsier_error *error)
{
	struct choice_list list = {.arena = chooser->arena, .text = ""};
	for (size_t i = 0; i < chooser->count; i++) {
		const struct candidate *one = &chooser->candidates[i];
		choice_add(&list, "%s/%s%s%s", one->os, one->architecture, *one->variant ? "/" : "", one->variant);
	}
	return error_set(error, TARSIER_NOT_FOUND, "not there for %s; choose with --platform among %s",
	                 *chooser->platform ? chooser->platform : platform_of_this_machine(),
	                 listed(&list));
}

/* The best by platform. Of several that are as good, those of one multi-platform index are one image's (Windows
 * writes one a release) and the first is it; others need a digest. */
static int choose(const struct chooser *chooser, const struct candidate **chosen, struct tarsier_error *error)
{
	const struct candidate *best = NULL;
	bool several = false;
	for (size_t i = 0; i < chooser->count; i++) {
		const struct candidate *one = &chooser->candidates[i];
		if (!best || one->rank > best->rank)
			best = one, several = false;
		else if (one->rank == best->rank)
			several = several || one->root != best->root;
	}
	if (!best)
		return none_found(chooser, error);
	if (chooser->count > 1 && best->rank == PLATFORM_OTHER)
		return no_platform(chooser, error);
	if (best->rank == PLATFORM_OTHER && !platform_is_default(chooser->platform))
		return no_platform(chooser, error);
	if (several)
		return several_found(chooser, false, best->rank, error);
	*chosen = best;
	return TARSIER_OK;
}

int image_choose(struct arena *arena, span index, const struct reference *reference, const char *platform,
                 blob_fetch *fetch, void *user, struct descriptor *chosen, struct tarsier_error *error)
{
	struct chooser chooser = {.arena = arena, .reference = reference, .platform = platform, .fetch = fetch,
	                          .user = user, .others = {.arena = arena, .text = ""}};
	const struct candidate *one = NULL;
	if (!(chooser.stem = reference_stem(arena, reference)))
		return error_memory(error);
	int code = collect(&chooser, index, NULL, false, error);
	if (code < 0)
		return code;
	if (*reference->name)
		keep_best_named(&chooser);
	drop_artifacts(&chooser);
	if (!*reference->digest && count_names(&chooser) > 1)
		return several_found(&chooser, true, PLATFORM_OTHER, error);
	if ((code = choose(&chooser, &one, error)) < 0)
		return code;
	*chosen = (struct descriptor){one->digest, one->size, one->media_type, one->name};
	return TARSIER_OK;
}
