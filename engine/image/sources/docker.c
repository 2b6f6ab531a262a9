/* an image in a registry */
#include "image/image.h"
#include "net/registry.h"

#include <string.h>

/* skopeo and podman call this scheme "docker"; it stands for any registry. */

static int fetch_manifest(void *user, const struct digest *digest, uint64_t size, struct buffer *into,
                          struct tarsier_error *error)
{
	size_t before = into->length;
	int code = registry_manifest(user, digest, IMAGE_DOCUMENT_LIMIT, into, error);
	return code < 0 ? code : digest_check(span_from(buffer_span(into), before), digest, size, error);
}

static int fetch_config(void *user, const struct digest *digest, uint64_t size, struct buffer *into,
                        struct tarsier_error *error)
{
	size_t before = into->length;
	int code = registry_blob(user, digest, IMAGE_DOCUMENT_LIMIT, into, error);
	return code < 0 ? code : digest_check(span_from(buffer_span(into), before), digest, size, error);
}

/* ---- layers ------------------------------------------------------------------------------------------------------ */

static int open_layer(const struct image *image, size_t layer, struct arena *arena, struct stream **stream,
                      struct tarsier_error *error)
{
	const struct image_layer *wanted = &image->layers[layer];
	return registry_stream(image->source, arena, &wanted->blob, wanted->size, stream, error);
}

static int locate_layer(const struct image *image, size_t layer, struct arena *arena, struct layer_address *address,
                        struct tarsier_error *error)
{
	struct tarsier_label *header = arena_alloc(arena, sizeof *header);
	const char *authorization;
	if (!header)
		return error_memory(error);
	int code = registry_address(image->source, arena, &image->layers[layer].blob, &address->url, &authorization, error);
	if (code < 0)
		return code;
	*header = (struct tarsier_label){"Authorization", authorization};
	address->headers = header;
	address->header_count = *authorization ? 1 : 0;
	return TARSIER_OK;
}

static void close_image(struct image *image)
{
	registry_close(image->source);
	image->source = NULL;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static int read_image(struct registry *registry, const struct reference *reference, const struct source_options *options,
                      struct image *image, struct buffer *text, struct tarsier_error *error)
{
	const struct registry_name *name = &reference->registry;
	struct digest digest = name->digest;
	int code = digest_is_empty(&digest) ? registry_tagged(registry, name->tag, IMAGE_DOCUMENT_LIMIT, text, &digest, error)
	                                    : fetch_manifest(registry, &digest, UINT64_MAX, text, error);
	const struct image_document document = {.text = text, .digest = digest, .reference = reference,
	                                        .fetch_manifest = fetch_manifest, .fetch_config = fetch_config,
	                                        .user = registry};
	return code < 0 ? code : image_open_document(image, &document, options, error);
}

static int docker_open(const struct reference *reference, const struct source_options *options, struct image *image,
                       struct tarsier_error *error)
{
	const struct registry_config config = {
		.name = &reference->registry, .user = options->user, .password = options->password, .ca_file = options->ca_file,
		.plain_http = options->plain_http, .cancelled = options->layers->cancelled};
	struct registry *registry;
	struct buffer text;
	int code = registry_open(image->arena, &config, &registry, error);
	if (code < 0)
		return code;
	image->source = registry;
	image->open_layer = image->open_statement = open_layer;
	image->locate_layer = locate_layer;
	image->close = close_image;
	image->about.name = reference->registry.familiar;
	buffer_init(&text, &image->arena->allocator);
	code = read_image(registry, reference, options, image, &text, error);
	buffer_free(&text);
	if (code < 0 && code != TARSIER_CANCELLED)
		error_prefix(error, "%s", reference->text);
	return code;
}

const struct source source_docker = {
	.name = "docker",
	.summary = "//[HOST/]NAME[:TAG][@DIGEST]: an image in a registry",
	.names = SOURCE_REGISTRY,
	.open = docker_open,
};
