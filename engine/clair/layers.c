/* tells Clair where an image's layers are: at our layer server, or at their registry */
#include "clair/internal.h"
#include "format/url.h"

#include <string.h>

enum { SECRET_RUN = 8 }; /* consecutive characters of a header's value: no message contains so many of them by chance */

bool clair_layers_elsewhere(const struct clair_config *config, const struct image *image)
{
	return image->locate_layer && !config->layer_host && !config->layer_port;
}

/* ---- compression ------------------------------------------------------------------------------------------------- */

/* "…tar+gzip", "…tar.zstd": taken from the manifest, because layers are not opened here. */
static const struct codec *codec_of_type(const char *media_type)
{
	span type = span_of(media_type);
	if (span_ends(type, "gzip"))
		return codec_named("gzip");
	return span_ends(type, "zstd") ? codec_named("zstd") : NULL;
}

static int place_elsewhere(struct clair_image *image, size_t index, struct tarsier_error *error)
{
	const struct image_layer *layer = &image->image->layers[index];
	if (image_media_kind(layer->media_type) == MEDIA_FOREIGN_LAYER)
		return error_set(error, TARSIER_NOT_FOUND,
		                 "layer %zu (%s) is not in the registry: only its vendor distributes it; copy the "
		                 "image into a docker-archive with \"skopeo copy\", which asks the vendor, and scan that",
		                 index + 1, layer->blob.text);
	image->layers[index] = (struct clair_layer){.digest = &layer->blob, .url = "",
	                                            .codec = codec_of_type(layer->media_type)};
	return TARSIER_OK;
}

/* Clair v2 unpacks gzip, bzip2 and xz; v4 unpacks gzip and zstd. Their error messages do not tell. */
static int check_codec(const struct clair *clair, const struct clair_image *image, size_t index,
                       struct tarsier_error *error)
{
	const struct codec *codec = image->layers[index].codec;
	bool v4 = clair->generation == CLAIR_V4;
	if (!codec || codec_is(codec, "gzip") ||
	    (v4 ? codec_is(codec, "zstd") : codec_is(codec, "bzip2") || codec_is(codec, "xz")))
		return TARSIER_OK;
	return error_set(error, TARSIER_UNSUPPORTED,
	                 "layer %zu of %zu is compressed with %s, which Clair %s cannot read: scan "
	                 "without --clair, or copy the image with `skopeo copy --dest-compress-format gzip`", index + 1,
	                 image->count, codec_name(codec), v4 ? "v4" : "v2");
}

int clair_place_layers(const struct clair *clair, struct clair_image *image, struct tarsier_error *error)
{
	int code = TARSIER_OK;
	image->layers = arena_array(clair->arena, image->count, sizeof *image->layers);
	if (!image->layers)
		return error_memory(error);
	for (size_t i = 0; i < image->count && code >= 0; i++) {
		if (image->server)
			image->layers[i] = (struct clair_layer){.digest = layer_server_digest(image->server, i),
			                                        .url = layer_server_url(image->server, i),
			                                        .codec = layer_server_codec(image->server, i)};
		else
			code = place_elsewhere(image, i, error);
		if (code >= 0)
			code = check_codec(clair, image, i, error);
	}
	return code;
}

/* ---- their addresses in a registry ------------------------------------------------------------------------------- */

/* A loopback address is wrong for a Clair on another machine. */
static int check_origin(const struct clair *clair, const char *url, struct tarsier_error *error)
{
	struct url layer, indexer;
	if (!url_split(span_of(url), &layer) || !host_is_loopback(layer.host))
		return TARSIER_OK;
	if (url_split(span_of(clair->indexer), &indexer) && host_is_loopback(indexer.host))
		return TARSIER_OK;
	return error_set(error, TARSIER_BACKEND,
	                 "Clair at %s cannot fetch layers from %.*s, a loopback address: send "
	                 "them through us with --layer-host HOST, where HOST is this machine as Clair knows it",
	                 clair->shown, (int)(layer.rest.ptr - url), url);
}

int clair_locate_layers(const struct clair *clair, struct clair_image *image, size_t first, size_t count,
                        struct tarsier_error *error)
{
	for (size_t i = first; i < first + count && !image->server; i++) {
		struct clair_layer *layer = &image->layers[i];
		struct layer_address address = {.url = NULL};
		int code = image->image->locate_layer(image->image, i, clair->arena, &address, error);
		if (code < 0)
			return code == TARSIER_CANCELLED ? code
			                                 : error_prefix(error, "layer %zu of %zu", i + 1, image->count);
		layer->url = address.url;
		layer->headers = address.headers;
		layer->header_count = address.header_count;
		code = check_origin(clair, layer->url, error);
		if (code < 0)
			return code;
	}
	return TARSIER_OK;
}

/* ---- Clair's errors about them ----------------------------------------------------------------------------------- */

int clair_layer_unreachable(const struct clair *clair, const struct clair_image *image, size_t layer,
                            const char *words, struct tarsier_error *error)
{
	const char *url = image->layers[layer].url;
	if (!image->server)
		return error_set(error, TARSIER_BACKEND,
		                 "Clair cannot fetch layer %zu of %zu from %.*s (%s): Clair itself must be able to reach that "
		                 "registry and trust its certificate; or send the layers through us with --layer-host HOST, "
		                 "where HOST is this machine as Clair knows it", layer + 1, image->count,
		                 (int)strcspn(url, "?"), url, words);
	return error_set(error, TARSIER_BACKEND,
	                 "Clair cannot fetch layer %zu of %zu from %s (%s): Clair itself must be able to reach "
	                 "that address; name this machine as Clair knows it with --layer-host%s%s", layer + 1, image->count,
	                 url, words, clair->doubt ? "; " : "", clair->doubt ? clair->doubt : "");
}

void clair_layer_begins(const struct clair *clair, size_t layer, const char *digest)
{
	if (clair->config->layer_begun)
		clair->config->layer_begun(clair->config->user, layer, digest);
}

void clair_report_layers(const struct clair *clair, const struct clair_image *image)
{
	for (size_t i = 0; i < image->count && clair->config->layer_done; i++)
		clair->config->layer_done(clair->config->user, i, !image->server || layer_server_sent(image->server, i));
}

/* Returns how many characters, from the start of `text`, appear in `secret` as one piece. */
static size_t common_run(const char *text, const char *secret)
{
	size_t longest = 0;
	for (; *secret; secret++) {
		size_t length = 0;
		while (text[length] && text[length] == secret[length])
			length++;
		longest = length > longest ? length : longest;
	}
	return longest;
}

/* Pieces of a header are removed too, because messages show only a part of an answer. */
static void conceal(char *text, const char *secret)
{
	size_t whole = strlen(secret), least = whole < SECRET_RUN ? whole : SECRET_RUN;
	while (whole && *text) {
		size_t run = common_run(text, secret);
		if (run >= least && run > 1) {
			text[0] = '*';
			memmove(text + 1, text + run, strlen(text + run) + 1);
		}
		text++;
	}
}

void clair_hide_secrets(const struct clair_image *image, struct tarsier_error *error)
{
	for (size_t i = 0; error && image->layers && i < image->count; i++)
		for (size_t j = 0; j < image->layers[i].header_count; j++) {
			const char *value = image->layers[i].headers[j].value, *space = strrchr(value, ' ');
			conceal(error->message, space ? space + 1 : value); /* "Bearer" is not secret */
		}
}
