/* an image from its document, a manifest or an index of manifests */
#include "format/json.h"
#include "image/attestations.h"

static int is_index(span text, bool *index, struct tarsier_error *error)
{
	json_t *json = NULL;
	int code = json_parse(text, IMAGE_DOCUMENT_LIMIT, "image manifest", &json, error);
	*index = code >= 0 && json_list(json, "manifests") && !json_list(json, "layers");
	json_decref(json);
	return code;
}

/* Replaces the index in `text` with the manifest for the platform. */
static int choose(struct image *image, const struct image_document *document, const struct source_options *options,
                  struct descriptor *chosen, struct tarsier_error *error)
{
	struct reference anything = *document->reference; /* name and digest have led to this document already */
	anything.name = anything.digest = "";
	int code = image_choose(image->arena, buffer_span(document->text), &anything, options->platform,
	                        document->fetch_manifest, document->user, chosen, error);
	if (code < 0)
		return code;
	document->text->length = 0;
	return document->fetch_manifest(document->user, &chosen->digest, chosen->size, document->text, error);
}

int image_open_document(struct image *image, const struct image_document *document, const struct source_options *options,
                        struct tarsier_error *error)
{
	struct descriptor chosen = {.digest = document->digest};
	bool index;
	int code = is_index(buffer_span(document->text), &index, error);
	if (code >= 0 && index)
		code = choose(image, document, options, &chosen, error);
	if (code >= 0)
		code = image_read_documents(image, &chosen.digest, buffer_span(document->text), document->fetch_config, document->user,
		                            error);
	if (code < 0 || !options->attestations)
		return code;
	return image_add_statements(image, chosen.attestations, document->fetch_manifest, document->user, error);
}
