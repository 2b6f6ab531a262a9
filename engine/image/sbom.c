#include "image/sbom.h"

#include <string.h>

bool sbom_is(span head)
{
	static const char *const marks[] = {
		"\"bomFormat\"", "\"spdxVersion\"", "\"SPDXRef-DOCUMENT\"", "spdx.org/rdf/3.", "cyclonedx.org/schema/bom/",
		"application/vnd.in-toto+json", "https://in-toto.io/Statement/"};
	head = span_trim(span_starts(head, "\xef\xbb\xbf") ? span_from(head, 3) : head);
	if (!span_starts(head, "{") && !span_starts(head, "<"))
		return span_starts(head, "SPDXVersion: SPDX-2.");
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
		if (span_contains(head, marks[i]))
			return true;
	return false;
}

struct sbom_file { const char *path; struct stream *stream; };

static int walk(const struct image *image, struct layer_builder *builder, struct tarsier_error *error)
{
	struct sbom_file *file = image->source;
	const char *slash = strrchr(file->path, '/'), *name = slash ? slash + 1 : file->path;
	const char *inner = arena_format(image->arena, "%s.sbom", *name ? name : "document");
	struct stream *stream = file->stream;
	if (!inner)
		return error_memory(error);
	int code = stream ? TARSIER_OK : stream_open_file(image->arena, file->path, &stream, error);
	if (code < 0)
		return code;
	const struct tar_entry entry = {.path = span_of(inner), .type = '0', .mode = 0644};
	code = layer_builder_file(builder, &entry, stream, error);
	if (!file->stream)
		stream_close(stream);
	return code;
}

static void close_image(struct image *image)
{
	struct sbom_file *file = image->source;
	stream_close(file->stream);
	file->stream = NULL;
}

int sbom_image(struct image *image, const char *path, struct stream *stream, struct tarsier_error *error)
{
	struct sbom_file *file = arena_alloc(image->arena, sizeof *file);
	if (!file)
		return error_memory(error);
	*file = (struct sbom_file){path, stream};
	image->source = file;
	image->walk = walk;
	image->close = close_image;
	return TARSIER_OK;
}
