/* the bills of materials that build tools attached to the image */
#include "layer/overlay.h"
#include "scan/scan.h"

#include <string.h>

static const struct reader *sbom_reader(void)
{
	const struct reader *const *reader = readers_all;
	while (strcmp((*reader)->name, "sbom") != 0)
		reader++;
	return *reader;
}

/* Reads a whole statement, and checks its digest and size. */
static int read_statement(struct scan *scan, size_t index, size_t limit, struct buffer *text)
{
	const struct image *image = &scan->image;
	struct arena arena;
	struct stream *stream = NULL;
	arena_init(&arena, &scan->engine->config.allocator);
	int code = image->open_statement(image, index, &arena, &stream, scan->error);
	if (code >= 0)
		code = stream_read_all(stream, text, limit, scan->error);
	stream_close(stream);
	arena_free(&arena);
	const struct image_layer *promised = &image->layers[index];
	return code < 0 ? code : digest_check(buffer_span(text), &promised->blob, promised->size, scan->error);
}

/* Shows what the statement says as a file of the topmost layer: it describes the whole image. */
static int show(struct scan *scan, const struct reader *reader, const char *path, span text, struct overlay_file *shown)
{
	struct arena *arena = &scan->report->arena;
	struct layer_file *file = arena_alloc(arena, sizeof *file);
	struct reader_output output = {.arena = arena};
	struct tarsier_error problem = {0};
	if (!file)
		return error_memory(scan->error);
	*file = (struct layer_file){.path = path, .reader = reader};
	int code = reader->read(&(struct evidence){.path = span_of(path), .content = text}, &output, &problem);
	if (code == TARSIER_MEMORY || (code < 0 && !(file->problem = arena_string(arena, problem.message))))
		return error_memory(scan->error);
	if (code >= 0)
		layer_file_set(file, &output);
	*shown = (struct overlay_file){.path = path, .reader = reader, .file = file, .layer = scan->layer_count - 1};
	return TARSIER_OK;
}

static int take_statement(struct scan *scan, size_t index, struct overlay_file *shown)
{
	const struct reader *reader = sbom_reader();
	const char *path = arena_format(&scan->report->arena, "attestation:%s", scan->image.layers[index].blob.text);
	struct buffer text;
	buffer_init(&text, &scan->engine->config.allocator);
	int code = path ? read_statement(scan, index, reader->limit, &text) : error_memory(scan->error);
	if (code >= 0)
		code = show(scan, reader, path, buffer_span(&text), shown);
	buffer_free(&text);
	if (code < 0 && path && code != TARSIER_CANCELLED)
		error_prefix(scan->error, "%s", path);
	return code;
}

/* The overlay's files stay sorted by path. */
static int add(struct scan *scan, struct overlay *overlay, const struct overlay_file *shown)
{
	const struct overlay_file **files = arena_array(&scan->report->arena, overlay->file_count + 1, sizeof *files);
	size_t at = 0;
	if (!files)
		return error_memory(scan->error);
	for (; at < overlay->file_count && strcmp(overlay->files[at]->path, shown->path) < 0; at++)
		files[at] = overlay->files[at];
	files[at] = shown;
	for (; at < overlay->file_count; at++)
		files[at + 1] = overlay->files[at];
	overlay->files = files;
	overlay->file_count++;
	return TARSIER_OK;
}

int scan_read_attestations(struct scan *scan, struct overlay *overlay)
{
	size_t count = scan->layer_count ? scan->image.statement_count : 0;
	int code = TARSIER_OK;
	if (!scan->engine->config.attestations)
		return TARSIER_OK;
	const struct tarsier_problem none = {.kind = TARSIER_PROBLEM_NOTE, .subject = scan->reference,
	                                     .message = "no bill of materials is attached to the image in its index"};
	if (!count)
		return report_add_problems(scan->report, &none, 1, scan->error);
	for (size_t i = 0; i < count && code >= 0; i++) {
		struct overlay_file *shown = arena_alloc(&scan->report->arena, sizeof *shown);
		code = shown ? take_statement(scan, scan->image.layer_count + i, shown) : error_memory(scan->error);
		if (code >= 0)
			code = add(scan, overlay, shown);
	}
	return code;
}
