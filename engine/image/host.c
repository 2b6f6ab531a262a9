/* an image whose bytes the host provides: struct tarsier_source */
#include "image/image.h"

/* ---- a blob of the host's as a stream ------------------------------------------------------------------------------ */

struct host_blob {
	struct stream stream;
	const struct tarsier_source *host;
	void *blob;
	const char *name;
};

/* A host may return any negative code of its own; it is a failure in any case. */
static int host_failed(ptrdiff_t code, const char *what, const char *name, struct tarsier_error *error)
{
	int own = code >= TARSIER_CANCELLED && code < 0 ? (int)code : TARSIER_IO;
	return error_set(error, own, "%s: the host cannot %s it", name, what);
}

static ssize_t blob_read(struct stream *stream, void *buffer, size_t size, struct tarsier_error *error)
{
	struct host_blob *blob = (struct host_blob *)stream;
	ptrdiff_t got = blob->host->read(blob->host->user, blob->blob, buffer, size);
	if (got < 0)
		return host_failed(got, "read", blob->name, error);
	if ((size_t)got > size)
		return error_set(error, TARSIER_USAGE, "%s: the host says that it read %zu bytes of at most %zu", blob->name,
		                 (size_t)got, size);
	return got;
}

static void blob_close(struct stream *stream)
{
	struct host_blob *blob = (struct host_blob *)stream;
	if (blob->host->close)
		blob->host->close(blob->host->user, blob->blob);
}

/* `digest` NULL: the image's manifest or index. The stream is allocated in the arena. */
static int blob_open(struct arena *arena, const struct tarsier_source *host, const struct digest *digest,
                     struct stream **stream, struct tarsier_error *error)
{
	uint64_t length = UINT64_MAX; /* the digest shows whether it is complete */
	struct host_blob *blob = arena_alloc(arena, sizeof *blob);
	if (!blob)
		return error_memory(error);
	*blob = (struct host_blob){.stream = {.read = blob_read, .close = blob_close}, .host = host};
	blob->name = digest ? arena_string(arena, digest->text) : "the image's manifest";
	if (!blob->name)
		return error_memory(error);
	int answer = host->open(host->user, digest ? digest->text : NULL, &blob->blob, &length);
	if (answer != TARSIER_OK)
		return host_failed(answer, "open", blob->name, error);
	*stream = &blob->stream;
	return TARSIER_OK;
}

/* ---- the image ------------------------------------------------------------------------------------------------------ */

static int read_all(const struct tarsier_source *host, const struct digest *digest, struct buffer *into,
                    struct tarsier_error *error)
{
	struct arena arena;
	struct stream *stream;
	arena_init(&arena, NULL);
	int code = blob_open(&arena, host, digest, &stream, error);
	if (code >= 0) {
		code = stream_read_all(stream, into, IMAGE_DOCUMENT_LIMIT, error);
		stream_close(stream);
	}
	arena_free(&arena);
	return code;
}

static int fetch(void *user, const struct digest *digest, uint64_t size, struct buffer *into, struct tarsier_error *error)
{
	const struct tarsier_source *host = user;
	size_t before = into->length;
	int code = read_all(host, digest, into, error);
	return code < 0 ? code : digest_check(span_from(buffer_span(into), before), digest, size, error);
}

static int open_layer(const struct image *image, size_t layer, struct arena *arena, struct stream **stream,
                      struct tarsier_error *error)
{
	return blob_open(arena, image->source, &image->layers[layer].blob, stream, error);
}

static int read_image(const struct tarsier_source *host, const struct source_options *options, struct image *image,
                      struct buffer *text, struct tarsier_error *error)
{
	const struct reference reference = {.text = host->name, .scheme = "", .path = host->name, .name = "", .digest = ""};
	struct image_document document = {.text = text, .reference = &reference, .fetch_manifest = fetch, .fetch_config = fetch,
	                                  .user = image->source};
	int code = read_all(host, NULL, text, error);
	if (code >= 0)
		code = digest_of(buffer_span(text), &document.digest, error);
	return code < 0 ? code : image_open_document(image, &document, options, error);
}

int image_open_host(struct arena *arena, const struct tarsier_source *host, const struct source_options *options,
                    struct image *image, struct tarsier_error *error)
{
	struct buffer text;
	image_make_blank(image, arena);
	int code = platform_check(options->platform, error);
	if (code < 0)
		return code;
	image->about.reference = host->name;
	image->source = (void *)host;
	image->open_layer = image->open_statement = open_layer;
	buffer_init(&text, &arena->allocator);
	code = read_image(host, options, image, &text, error);
	buffer_free(&text);
	if (code >= 0)
		code = image_check_platform(image, options->platform, error);
	if (code < 0)
		error_prefix(error, "%s", host->name);
	return code;
}
