#include "image/attestations.h"

#include "format/json.h"

#include <string.h>

/*
 * BuildKit, docs/attestations/attestation-storage.md. An index has an entry for each image with attestations:
 *
 *	{ "digest", "size", "platform": { "os": "unknown", "architecture": "unknown" },
 *	  "annotations": { "vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": "sha256:…" } }
 *
 * whose manifest has a layer for each statement:
 *
 *	{ "mediaType": "application/vnd.in-toto+json", "digest", "size",
 *	  "annotations": { "in-toto.io/predicate-type": "https://spdx.dev/Document" } }
 */
enum {
	MANIFESTS = 20,  /* of attestations of one image: BuildKit writes one */
	STATEMENTS = 20, /* of one image: one for each build stage that was scanned */
};

int attestation_note(struct arena *arena, const json_t *entry, struct attestation **list, struct tarsier_error *error)
{
	const json_t *annotations = json_member(entry, "annotations");
	if (strcmp(json_text(annotations, "vnd.docker.reference.type"), "attestation-manifest") != 0)
		return TARSIER_OK;
	struct attestation *made = arena_alloc(arena, sizeof *made);
	if (!made)
		return error_memory(error);
	made->next = *list;
	made->subject = arena_string(arena, json_text(annotations, "vnd.docker.reference.digest"));
	*list = made;
	if (image_read_descriptor(entry, &made->digest, &made->size, "", NULL) < 0)
		made->digest.text[0] = '\0'; /* an image whose attestation is not wanted can be read all the same */
	return made->subject ? TARSIER_OK : error_memory(error);
}

static bool is_bill_of_materials(const json_t *layer)
{
	span predicate = span_of(json_text(json_member(layer, "annotations"), "in-toto.io/predicate-type"));
	return strcmp(json_text(layer, "mediaType"), "application/vnd.in-toto+json") == 0 &&
	       (span_starts(predicate, "https://spdx.dev/Document") || span_starts(predicate, "https://cyclonedx.org/bom"));
}

static int add_statement(struct image *image, const json_t *layer, struct tarsier_error *error)
{
	size_t count = image->layer_count + image->statement_count;
	if (image->statement_count == STATEMENTS)
		return error_set(error, TARSIER_LIMIT, "more than %d bills of materials", STATEMENTS);
	struct image_layer *layers = arena_array(image->arena, count + 1, sizeof *layers);
	if (!layers)
		return error_memory(error);
	memcpy(layers, image->layers, count * sizeof *layers);
	layers[count] = (struct image_layer){.media_type = "application/vnd.in-toto+json", .created_by = ""};
	image->layers = layers;
	image->statement_count++;
	return image_read_descriptor(layer, &layers[count].blob, &layers[count].size, "a statement", error);
}

static int add_statements(struct image *image, span manifest, struct tarsier_error *error)
{
	json_t *json = NULL;
	const json_t *layer;
	size_t i;
	int code = json_parse(manifest, IMAGE_DOCUMENT_LIMIT, "manifest", &json, error);
	json_array_foreach(json_list(json, "layers"), i, layer)
		if (code >= 0 && is_bill_of_materials(layer))
			code = add_statement(image, layer, error);
	json_decref(json);
	return code;
}

static int read_manifest(struct image *image, const struct attestation *attestation, blob_fetch *fetch, void *user,
                         struct tarsier_error *error)
{
	struct buffer text;
	if (digest_is_empty(&attestation->digest))
		return error_set(error, TARSIER_FORMAT, "the image's attestation has no digest or size in the index");
	buffer_init(&text, &image->arena->allocator);
	int code = fetch(user, &attestation->digest, attestation->size, &text, error);
	if (code >= 0)
		code = add_statements(image, buffer_span(&text), error);
	buffer_free(&text);
	if (code < 0)
		error_prefix(error, "the image's attestation %s", attestation->digest.text);
	return code;
}

/* An index that two tags name lists its attestations twice. */
static bool is_among(const struct attestation *one, const struct attestation *const *seen, size_t count)
{
	while (count--)
		if (digest_equal(&seen[count]->digest, &one->digest))
			return true;
	return false;
}

int image_add_statements(struct image *image, const struct attestation *list, blob_fetch *fetch, void *user,
                         struct tarsier_error *error)
{
	const struct attestation *seen[MANIFESTS];
	size_t count = 0;
	int code = TARSIER_OK;
	for (; list && code >= 0; list = list->next) {
		if (strcmp(list->subject, image->about.digest) != 0 || is_among(list, seen, count))
			continue;
		if (count == MANIFESTS)
			return error_set(error, TARSIER_LIMIT, "the image has more than %d attestations", MANIFESTS);
		seen[count++] = list;
		code = read_manifest(image, list, fetch, user, error);
	}
	return code;
}
