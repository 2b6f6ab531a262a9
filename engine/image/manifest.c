/* an image's manifest: its config and its layers, as OCI and Docker schema 2 write them */
#include "format/json.h"
#include "image/image.h"

#include <string.h>

/* OCI image-spec, manifest.md and media-types.md; Docker's "Image Manifest Version 2, Schema 2":
 *
 *	{ "schemaVersion": 2, "mediaType", "config": descriptor, "layers": [ descriptor ], "annotations": { key: text } }
 *	descriptor = { "mediaType", "digest", "size", "urls": [] }
 */

enum media_kind image_media_kind(const char *type)
{
	static const struct { const char *type; enum media_kind kind; } kinds[] = {
		{"application/vnd.oci.image.manifest.v1+json", MEDIA_MANIFEST},
		{"application/vnd.docker.distribution.manifest.v2+json", MEDIA_MANIFEST},
		{"application/vnd.docker.distribution.manifest.v1+json", MEDIA_MANIFEST}, /* refused by its schemaVersion */
		{"application/vnd.docker.distribution.manifest.v1+prettyjws", MEDIA_MANIFEST},
		{"application/vnd.oci.image.index.v1+json", MEDIA_INDEX},
		{"application/vnd.docker.distribution.manifest.list.v2+json", MEDIA_INDEX},
		{"application/vnd.oci.image.config.v1+json", MEDIA_CONFIG},
		{"application/vnd.docker.container.image.v1+json", MEDIA_CONFIG},
		{"application/vnd.oci.image.layer.v1.tar", MEDIA_LAYER},
		{"application/vnd.oci.image.layer.v1.tar+gzip", MEDIA_LAYER},
		{"application/vnd.oci.image.layer.v1.tar+zstd", MEDIA_LAYER},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar", MEDIA_FOREIGN_LAYER},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", MEDIA_FOREIGN_LAYER},
		{"application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", MEDIA_FOREIGN_LAYER},
		{"application/vnd.docker.image.rootfs.diff.tar", MEDIA_LAYER},
		{"application/vnd.docker.image.rootfs.diff.tar.gzip", MEDIA_LAYER},
		{"application/vnd.docker.image.rootfs.diff.tar.zstd", MEDIA_LAYER},
		{"application/vnd.docker.image.rootfs.foreign.diff.tar", MEDIA_FOREIGN_LAYER},
		{"application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", MEDIA_FOREIGN_LAYER},
	};
	if (!*type)
		return MEDIA_NONE;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(type, kinds[i].type) == 0)
			return kinds[i].kind;
	return MEDIA_OTHER;
}

static int read_descriptor(const json_t *object, struct digest *digest, uint64_t *size, struct tarsier_error *error)
{
	const json_t *number = object ? json_object_get(object, "size") : NULL;
	if (!object)
		return error_set(error, TARSIER_FORMAT, "no descriptor");
	if (!json_is_integer(number) || json_integer_value(number) < 0)
		return error_set(error, TARSIER_FORMAT, "the size is missing, or is not a whole number");
	*size = (uint64_t)json_integer_value(number);
	return digest_parse(span_of(json_text(object, "digest")), digest, error);
}

int image_read_descriptor(const json_t *object, struct digest *digest, uint64_t *size, const char *what,
                          struct tarsier_error *error)
{
	int code = read_descriptor(object, digest, size, error);
	if (code < 0)
		error_prefix(error, "%s", what);
	return code;
}

static int check_layer_type(const char *type, struct tarsier_error *error)
{
	enum media_kind kind = image_media_kind(type);
	if (kind == MEDIA_LAYER || kind == MEDIA_FOREIGN_LAYER)
		return TARSIER_OK;
	if (span_ends(span_of(type), "+encrypted"))
		return error_set(error, TARSIER_UNSUPPORTED, "encrypted (%s): decrypt the image first", type);
	return error_set(error, TARSIER_UNSUPPORTED, "the media type \"%s\" is not that of a file system layer", type);
}

static int read_layer(struct image *image, const json_t *object, size_t index, struct tarsier_error *error)
{
	struct image_layer *layer = &image->layers[index];
	const char *type = json_text(object, "mediaType");
	int code = check_layer_type(type, error);
	if (code >= 0)
		code = read_descriptor(object, &layer->blob, &layer->size, error);
	if (code < 0)
		return error_prefix(error, "layer %zu", index + 1);
	layer->created_by = "";
	layer->media_type = arena_string(image->arena, type);
	return layer->media_type ? TARSIER_OK : error_memory(error);
}

int image_make_layers(struct image *image, size_t count, struct tarsier_error *error)
{
	if (count > IMAGE_LAYER_LIMIT)
		return error_set(error, TARSIER_LIMIT, "%zu layers; the limit is %d", count, IMAGE_LAYER_LIMIT);
	image->layers = arena_array(image->arena, count, sizeof *image->layers);
	if (!image->layers)
		return error_memory(error);
	image->layer_count = count;
	for (size_t i = 0; i < count; i++)
		image->layers[i] = (struct image_layer){.size = UINT64_MAX, .media_type = "", .created_by = ""};
	return TARSIER_OK;
}

static int check_document(const json_t *json, struct tarsier_error *error)
{
	const json_t *version = json_is_object(json) ? json_object_get(json, "schemaVersion") : NULL;
	if (!json_is_object(json))
		return error_set(error, TARSIER_FORMAT, "not a JSON object");
	if (json_is_integer(version) && json_integer_value(version) == 1)
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "Docker's manifest schema 1 is not supported: convert the image with \"skopeo copy\"");
	if (!json_is_integer(version) || json_integer_value(version) != 2)
		return error_set(error, TARSIER_FORMAT, "schemaVersion is not 2");
	const char *type = json_text(json, "mediaType");
	enum media_kind kind = image_media_kind(type);
	if (kind == MEDIA_INDEX || json_list(json, "manifests"))
		return error_set(error, TARSIER_FORMAT, "an index instead of a manifest");
	if (kind != MEDIA_NONE && kind != MEDIA_MANIFEST)
		return error_set(error, TARSIER_UNSUPPORTED, "unsupported media type \"%s\"", type);
	return TARSIER_OK;
}

/* Generic media types that build tools and registries gave to image configs, and that Docker accepts (its distribution
 * client lists them). May have parameters: "text/html; charset=utf-8". */
static bool is_vague(const char *type)
{
	static const char *const vague[] = {"", "application/octet-stream", "application/json", "text/html"};
	span plain = span_of(type), parameters;
	span_cut(plain, ';', &plain, &parameters);
	for (size_t i = 0; i < sizeof vague / sizeof *vague; i++)
		if (span_is_nocase(span_trim(plain), vague[i]))
			return true;
	return false;
}

/* Cosign's signatures have an image's config, but their own type of layers. An image from scratch has no layers. */
static bool has_foreign_layers(const json_t *layers)
{
	const json_t *layer;
	size_t i;
	json_array_foreach(layers, i, layer) {
		enum media_kind kind = image_media_kind(json_text(layer, "mediaType"));
		if (kind != MEDIA_OTHER)
			return false;
	}
	return json_array_size(layers) > 0;
}

/* Charts, signatures, attestations, SBOMs and models have a manifest like an image's. */
const char *image_artifact_type(const json_t *manifest)
{
	const char *type = json_text(json_member(manifest, "config"), "mediaType");
	const char *artifact = json_text(manifest, "artifactType");
	const json_t *layers = json_list(manifest, "layers");
	if (image_media_kind(type) != MEDIA_CONFIG && !is_vague(type))
		return *artifact ? artifact : type;
	if (*artifact && image_media_kind(type) != MEDIA_CONFIG)
		return artifact;
	return has_foreign_layers(layers) ? json_text(json_array_get(layers, 0), "mediaType") : NULL;
}

static int read_config_descriptor(const json_t *json, struct digest *config, uint64_t *config_size,
                                  struct tarsier_error *error)
{
	const char *artifact = image_artifact_type(json);
	if (artifact && !span_ends(span_of(artifact), "+encrypted"))
		return error_set(error, TARSIER_UNSUPPORTED, "not an image, but an artifact of the type \"%.200s\"", artifact);
	return image_read_descriptor(json_member(json, "config"), config, config_size, "config", error);
}

static int read_manifest(struct image *image, const json_t *json, struct digest *config, uint64_t *config_size,
                         struct tarsier_error *error)
{
	int code = check_document(json, error);
	if (code < 0 || (code = read_config_descriptor(json, config, config_size, error)) < 0)
		return code;
	const json_t *layers = json_list(json, "layers"), *layer;
	size_t i;
	if (!layers)
		return error_set(error, TARSIER_FORMAT, "the list of layers is missing");
	if ((code = image_make_layers(image, json_array_size(layers), error)) < 0)
		return code;
	json_array_foreach(layers, i, layer)
		if ((code = read_layer(image, layer, i, error)) < 0)
			return code;
	return image_read_annotations(image, json_member(json, "annotations"), error);
}

int image_read_manifest(struct image *image, span manifest, struct digest *config, uint64_t *config_size,
                        struct tarsier_error *error)
{
	json_t *json = NULL;
	int code = json_parse(manifest, IMAGE_DOCUMENT_LIMIT, "image manifest", &json, error);
	if (code < 0)
		return code;
	code = read_manifest(image, json, config, config_size, error);
	if (code < 0)
		error_prefix(error, "the manifest");
	json_decref(json);
	return code;
}

static int fetch_config(struct image *image, const struct digest *digest, uint64_t size, blob_fetch *fetch, void *user,
                        struct tarsier_error *error)
{
	struct buffer text;
	buffer_init(&text, &image->arena->allocator);
	int code = fetch(user, digest, size, &text, error);
	if (code < 0)
		error_prefix(error, "the image's config");
	else
		code = image_read_config(image, buffer_span(&text), error);
	buffer_free(&text);
	return code;
}

int image_read_documents(struct image *image, const struct digest *digest, span manifest, blob_fetch *fetch, void *user,
                         struct tarsier_error *error)
{
	struct digest config;
	uint64_t config_size;
	int code = image_read_manifest(image, manifest, &config, &config_size, error);
	if (code >= 0)
		code = fetch_config(image, &config, config_size, fetch, user, error);
	if (code < 0)
		return code;
	image->about.digest = arena_string(image->arena, digest->text);
	image->about.id = arena_string(image->arena, config.text);
	return image->about.digest && image->about.id ? TARSIER_OK : error_memory(error);
}
