#include "image/layout.h"

#include "format/json.h"
#include "image/attestations.h"

#include <stdio.h>
#include <string.h>

/* OCI image-spec, image-layout.md: "oci-layout" { "imageLayoutVersion": "1.0.0" }, "index.json",
 * "blobs/ALGORITHM/HEX". */

/* The most that is read of manifests and nested indexes in a search by config: a thousand of the usual size. */
enum { SEARCH_BYTES = 64 << 20 };

void layout_blob_path(const struct digest *digest, char path[BLOB_PATH])
{
	snprintf(path, BLOB_PATH, "blobs/%s", digest->text);
	char *colon = strchr(path, ':');
	if (colon)
		*colon = '/';
}

/* A manifest, an index or a config: read and verified. */
static int fetch(void *user, const struct digest *digest, uint64_t size, struct buffer *into,
                 struct tarsier_error *error)
{
	const struct layout *layout = user;
	char path[BLOB_PATH];
	layout_blob_path(digest, path);
	if (size != UINT64_MAX && size > IMAGE_DOCUMENT_LIMIT)
		return error_set(error, TARSIER_LIMIT, "%s is said to have %llu bytes; a manifest, index or config may have %d",
		                 digest->text, (unsigned long long)size, IMAGE_DOCUMENT_LIMIT);
	int code = layout->read(layout, path, into, error);
	return code < 0 ? code : digest_check(buffer_span(into), digest, size, error);
}

/* Checks the file "oci-layout". It may be missing, as in some build tools' archives; another major version is refused. */
static int check_version(const struct layout *layout, struct image *image, struct tarsier_error *error)
{
	struct buffer text;
	json_t *json = NULL;
	buffer_init(&text, &image->arena->allocator);
	int code = layout->read(layout, "oci-layout", &text, error);
	if (code >= 0)
		code = json_parse(buffer_span(&text), IMAGE_DOCUMENT_LIMIT, "oci-layout", &json, error);
	else if (code == TARSIER_NOT_FOUND)
		code = TARSIER_OK;
	const char *version = json_text(json, "imageLayoutVersion");
	if (*version && !span_starts(span_of(version), "1."))
		code = error_set(error, TARSIER_UNSUPPORTED, "the image layout has version %s; only version 1 is supported", version);
	json_decref(json);
	buffer_free(&text);
	return code;
}

/* ---- one image --------------------------------------------------------------------------------------------------- */

static int find_layer(const struct layout *layout, struct image *image, size_t index, struct tarsier_error *error)
{
	struct image_layer *layer = &image->layers[index];
	char path[BLOB_PATH];
	uint64_t size;
	layout_blob_path(&layer->blob, path);
	int code = layout->find(layout, path, &size, &layer->location, error);
	if (code == TARSIER_NOT_FOUND && image_media_kind(layer->media_type) == MEDIA_FOREIGN_LAYER)
		return error_set(error, TARSIER_NOT_FOUND,
		                 "layer %zu (%s) is missing: its vendor does not allow others to distribute it; "
		                 "copy the image with \"skopeo copy\" from its registry", index + 1, layer->blob.text);
	if (code < 0) {
		error_prefix(error, "layer %zu (%s)", index + 1, layer->blob.text);
		return code;
	}
	if (size != layer->size)
		return error_set(error, TARSIER_DIGEST, "layer %zu (%s) has %llu bytes, the manifest says %llu", index + 1,
		                 layer->blob.text, (unsigned long long)size, (unsigned long long)layer->size);
	return TARSIER_OK;
}

static int read_chosen(const struct layout *layout, const struct digest *digest, uint64_t size, struct image *image,
                       struct tarsier_error *error)
{
	struct buffer text;
	buffer_init(&text, &image->arena->allocator);
	int code = fetch((void *)layout, digest, size, &text, error);
	if (code < 0)
		error_prefix(error, "the image's manifest");
	else
		code = image_read_documents(image, digest, buffer_span(&text), fetch, (void *)layout, error);
	for (size_t i = 0; code >= 0 && i < image->layer_count; i++)
		code = find_layer(layout, image, i, error);
	buffer_free(&text);
	return code;
}

static int find_statements(const struct layout *layout, const struct attestation *attestations, struct image *image,
                           struct tarsier_error *error)
{
	int code = image_add_statements(image, attestations, fetch, (void *)layout, error);
	for (size_t i = 0; code >= 0 && i < image->statement_count; i++) {
		struct image_layer *statement = &image->layers[image->layer_count + i];
		char path[BLOB_PATH];
		uint64_t size;
		layout_blob_path(&statement->blob, path);
		code = layout->find(layout, path, &size, &statement->location, error);
		if (code < 0)
			error_prefix(error, "the image's attested bill of materials");
	}
	return code;
}

static int open_index(const struct layout *layout, span index, const struct reference *reference,
                      const struct source_options *options, struct image *image, struct tarsier_error *error)
{
	struct descriptor chosen;
	int code = image_choose(image->arena, index, reference, options->platform, fetch, (void *)layout, &chosen, error);
	if (code < 0)
		return code;
	image->about.name = chosen.name;
	code = read_chosen(layout, &chosen.digest, chosen.size, image, error);
	return code < 0 || !options->attestations ? code : find_statements(layout, chosen.attestations, image, error);
}

int layout_open(const struct layout *layout, const struct reference *reference, const struct source_options *options,
                struct image *image, struct tarsier_error *error)
{
	struct buffer index;
	buffer_init(&index, &image->arena->allocator);
	int code = check_version(layout, image, error);
	if (code >= 0)
		code = layout->read(layout, "index.json", &index, error);
	if (code >= 0)
		code = open_index(layout, buffer_span(&index), reference, options, image, error);
	buffer_free(&index);
	return code;
}

/* ---- by config ----------------------------------------------------------------------------------------------- */

struct config_search {
	const struct layout *layout;
	const struct digest *config;
	struct image *image;
	size_t budget;
	bool found;
};

static int search_document(struct config_search *search, span text, unsigned depth, const struct digest *digest, uint64_t size,
                           struct tarsier_error *error);

/* One entry of an index. A missing blob belongs to another platform. */
static int search_entry(struct config_search *search, const json_t *entry, unsigned depth, struct tarsier_error *error)
{
	struct digest digest;
	uint64_t size;
	struct buffer text;
	enum media_kind kind = image_media_kind(json_text(entry, "mediaType"));
	if (kind != MEDIA_INDEX && kind != MEDIA_MANIFEST)
		return TARSIER_OK;
	int code = image_read_descriptor(entry, &digest, &size, "an entry of the index", error);
	if (code < 0)
		return code;
	buffer_init(&text, &search->image->arena->allocator);
	code = fetch((void *)search->layout, &digest, size, &text, error);
	if (code >= 0)
		code = search_document(search, buffer_span(&text), depth + 1, &digest, size, error);
	else if (code == TARSIER_NOT_FOUND)
		code = TARSIER_OK;
	buffer_free(&text);
	return code;
}

static int search_document(struct config_search *search, span text, unsigned depth, const struct digest *digest, uint64_t size,
                           struct tarsier_error *error)
{
	json_t *json = NULL;
	const json_t *entry;
	size_t i;
	if (depth > IMAGE_INDEX_DEPTH + 1 || text.len > search->budget)
		return error_set(error, TARSIER_LIMIT, "the index is nested too deep or too large to be searched");
	search->budget -= text.len;
	int code = json_parse(text, IMAGE_DOCUMENT_LIMIT, "image index", &json, error);
	if (code < 0)
		return code;
	if (digest && span_is(span_of(json_text(json_member(json, "config"), "digest")), search->config->text)) {
		search->found = true;
		code = read_chosen(search->layout, digest, size, search->image, error);
	}
	json_array_foreach(json_list(json, "manifests"), i, entry) {
		if (search->found || (code = search_entry(search, entry, depth, error)) < 0)
			break;
	}
	json_decref(json);
	return code;
}

int layout_find_config(const struct layout *layout, const struct digest *config, struct image *image, bool *found,
                       struct tarsier_error *error)
{
	struct config_search search = {layout, config, image, SEARCH_BYTES, false};
	struct buffer index;
	buffer_init(&index, &image->arena->allocator);
	int code = layout->read(layout, "index.json", &index, error);
	if (code >= 0)
		code = search_document(&search, buffer_span(&index), 0, NULL, 0, error);
	else if (code == TARSIER_NOT_FOUND)
		code = TARSIER_OK;
	buffer_free(&index);
	*found = search.found;
	return code;
}
