/* one image of an index, chosen by its entries and, if several remain, by their manifests */
#include "format/json.h"
#include "image/attestations.h"
#include "image/choice.h"

#include <string.h>

/* OCI image-spec, image-index.md and annotations.md; Docker's manifest list has the same members:
 *
 *	{ "manifests": [ { "mediaType", "digest", "size", "platform": { "os", "architecture", "variant" },
 *	                   "annotations": { "org.opencontainers.image.ref.name": "1.2", … } } ] }
 *
 * containerd and Docker put the whole name, repository and tag, into "io.containerd.image.name".
 */

enum { MOST_FETCHES = 100 }; /* nested indexes and manifests read; build tools nest one */

/* An entry of an index. */
struct index_entry {
	struct candidate candidate;
	struct descriptor descriptor;
	size_t depth;
};

struct index_search {
	struct choice choice;
	blob_fetch *fetch;
	void *user;
	size_t fetches;
	struct attestation *attestations;
};

/* ---- one entry --------------------------------------------------------------------------------------------------- */

/* The kind of an entry: BuildKit's attestations have the first annotation, the output of `cosign save` the second, and OCI
 * 1.1 has artifactType. */
static bool is_artifact(const json_t *entry)
{
	const json_t *platform = json_member(entry, "platform"), *annotations = json_member(entry, "annotations");
	const char *kind = json_text(annotations, "kind"), *artifact = json_text(entry, "artifactType");
	if (*json_text(annotations, "vnd.docker.reference.type"))
		return true;
	if (span_starts(span_of(kind), "dev.cosignproject.cosign/") &&
	    !span_starts(span_of(kind), "dev.cosignproject.cosign/image"))
		return true;
	if (*artifact && image_media_kind(artifact) != MEDIA_CONFIG)
		return true;
	return strcmp(json_text(platform, "os"), "unknown") == 0 &&
	       strcmp(json_text(platform, "architecture"), "unknown") == 0;
}

static const char *name_of(struct arena *arena, const json_t *entry)
{
	const json_t *annotations = json_member(entry, "annotations");
	const char *whole = json_text(annotations, "io.containerd.image.name");
	const char *name = *whole ? whole : json_text(annotations, "org.opencontainers.image.ref.name");
	return *name ? arena_string(arena, name) : "";
}

/* The user's name may match either annotation: the tag alone, or the whole name. */
static enum name_rank rank_name(const char *wanted, const json_t *entry)
{
	const json_t *annotations = json_member(entry, "annotations");
	const char *whole = json_text(annotations, "io.containerd.image.name");
	const char *tag = json_text(annotations, "org.opencontainers.image.ref.name");
	enum name_rank a = *whole ? image_name_rank(wanted, whole) : NAME_OTHER;
	enum name_rank b = *tag ? image_name_rank(wanted, tag) : NAME_OTHER;
	return a > b ? a : b;
}

/* The entries of a nested index have the name of the entry that refers to it. */
static bool read_name(struct index_search *search, const json_t *json, const struct index_entry *parent,
                      struct index_entry *entry)
{
	struct candidate *one = &entry->candidate;
	one->name = parent ? parent->candidate.name : name_of(search->choice.arena, json);
	one->named = parent ? parent->candidate.named : rank_name(search->choice.reference->name, json);
	if (one->name)
		candidate_add_name(one, one->name);
	entry->descriptor.name = one->name;
	return one->name;
}

static int read_entry(struct index_search *search, const json_t *json, const struct index_entry *parent,
                      struct index_entry *entry, struct tarsier_error *error)
{
	struct arena *arena = search->choice.arena;
	struct descriptor *descriptor = &entry->descriptor;
	const json_t *platform = json_member(json, "platform");
	int code = image_read_descriptor(json, &descriptor->digest, &descriptor->size, "an entry of the index", error);
	if (code < 0)
		return code;
	bool memory = read_name(search, json, parent, entry);
	const char *os = arena_string(arena, json_text(platform, "os"));
	const char *architecture = arena_string(arena, json_text(platform, "architecture"));
	const char *variant = arena_string(arena, json_text(platform, "variant"));
	descriptor->media_type = arena_string(arena, json_text(json, "mediaType"));
	if (!memory || !os || !architecture || !variant || !descriptor->media_type)
		return error_memory(error);
	entry->candidate.id = descriptor->digest.text;
	entry->candidate.origin = descriptor;
	entry->candidate.origin_size = sizeof *descriptor;
	candidate_set_platform(&entry->candidate, search->choice.platform, os, architecture, variant);
	return TARSIER_OK;
}

/* ---- all entries ------------------------------------------------------------------------------------------------- */

static int collect(struct index_search *search, span text, const struct index_entry *parent, bool by_digest,
                   struct tarsier_error *error);

/* A nested index. A missing one may belong to another platform, or be a mistake for an image. Reported only if nothing else
 * is found. */
static int descend(struct index_search *search, const struct index_entry *entry, bool by_digest,
                   struct tarsier_error *error)
{
	struct buffer text;
	const struct descriptor *index = &entry->descriptor;
	if (entry->depth > IMAGE_INDEX_DEPTH)
		return error_set(error, TARSIER_LIMIT, "indexes are nested more than %d deep", IMAGE_INDEX_DEPTH);
	if (++search->fetches > MOST_FETCHES)
		return error_set(error, TARSIER_LIMIT, "more than %d indexes lie in the index", MOST_FETCHES);
	buffer_init(&text, &search->choice.arena->allocator);
	int code = search->fetch(search->user, &index->digest, index->size, &text, error);
	if (code >= 0)
		code = collect(search, buffer_span(&text), entry, by_digest, error);
	else if (code == TARSIER_NOT_FOUND) {
		choice_add(&search->choice.others, "%s (a missing index)", index->digest.text);
		code = TARSIER_OK;
	}
	buffer_free(&text);
	return code;
}

static int collect_entry(struct index_search *search, const json_t *json, size_t root, const struct index_entry *parent,
                         bool by_digest, struct tarsier_error *error)
{
	struct choice *choice = &search->choice;
	struct index_entry entry = {.candidate.root = root, .depth = parent ? parent->depth + 1 : 1};
	int code = read_entry(search, json, parent, &entry, error);
	if (code < 0)
		return code;
	by_digest = by_digest || strcmp(choice->reference->digest, entry.candidate.id) == 0;
	if (image_media_kind(entry.descriptor.media_type) != MEDIA_INDEX)
		return choice_offer(choice, &entry.candidate, by_digest, error);
	return choice_answers(choice, &entry.candidate) ? descend(search, &entry, by_digest, error) : TARSIER_OK;
}

/* `parent` is the entry of this index, NULL for the outermost one. `by_digest`: it was requested by digest. */
static int collect(struct index_search *search, span text, const struct index_entry *parent, bool by_digest,
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
		enum media_kind kind = image_media_kind(json_text(entry, "mediaType"));
		if ((code = attestation_note(search->choice.arena, entry, &search->attestations, error)) < 0)
			break;
		if (is_artifact(entry) || (kind != MEDIA_NONE && kind != MEDIA_MANIFEST && kind != MEDIA_INDEX))
			continue;
		if ((code = collect_entry(search, entry, parent ? parent->candidate.root : i, parent, by_digest, error)) < 0)
			break;
	}
	json_decref(json);
	return code;
}

/* ---- the choice -------------------------------------------------------------------------------------------------- */

/* A missing or damaged manifest counts as an image until it is chosen. */
static bool is_image(void *user, struct candidate *one)
{
	struct index_search *search = user;
	const struct descriptor *descriptor = one->origin;
	struct buffer text;
	json_t *json = NULL;
	if (*one->os || *one->architecture || search->fetches >= MOST_FETCHES)
		return true; /* only images are for a platform */
	search->fetches++;
	buffer_init(&text, &search->choice.arena->allocator);
	bool read = search->fetch(search->user, &descriptor->digest, descriptor->size, &text, NULL) >= 0 &&
	            json_parse(buffer_span(&text), IMAGE_DOCUMENT_LIMIT, "image manifest", &json, NULL) >= 0;
	bool artifact = read && json_is_object(json) && !json_list(json, "manifests") && image_artifact_type(json);
	json_decref(json);
	buffer_free(&text);
	return !artifact;
}

int image_choose(struct arena *arena, span index, const struct reference *reference, const char *platform,
                 blob_fetch *fetch, void *user, struct descriptor *chosen, struct tarsier_error *error)
{
	struct index_search search = {.fetch = fetch, .user = user};
	const struct candidate *one = NULL;
	int code = choice_begin(&search.choice, arena, reference, platform, error);
	if (code >= 0)
		code = collect(&search, index, NULL, false, error);
	if (code >= 0)
		code = choice_make(&search.choice, is_image, &search, &one, error);
	if (code < 0)
		return code;
	*chosen = *(const struct descriptor *)one->origin;
	chosen->name = one->name;
	chosen->attestations = search.attestations;
	return TARSIER_OK;
}
