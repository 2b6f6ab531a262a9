/* Any bytes as a layer's blob, in one thread or three. */
#include "layer/layer.h"
#include "layer/listing.h"

#include <stdlib.h>
#include <string.h>

/* The layer twice: what the second one's whiteouts delete is of the first. */
static void check_listing(struct arena *arena, const struct layer_index *index)
{
	const struct layer_index *const layers[] = {index, index};
	struct file_list list = {.items = NULL};
	struct tarsier_error error;
	if (listing_find(arena, layers, 2, NULL, &list, &error) < 0)
		abort();
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].layer > 1 || (list.items[i].deleted_by != SIZE_MAX && list.items[i].deleted_by <= list.items[i].layer))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_evidence(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	if (span_starts(evidence->content, "!"))
		return error_set(error, TARSIER_FORMAT, "no");
	char *name = span_copy(output->arena, evidence->path);
	return reader_output_add(output, &(struct package){.type = "test", .name = name, .version = "1"}, error);
}

static const char *const wanted[] = {"etc/*", "**/x", "**/*.y", NULL};
static const struct reader test_reader = {
	.name = "test", .evidence = wanted, .limit = 4096, .keep = true, .read = read_evidence};
static const char *const folders[] = {"**/etc/*/" EVIDENCE_FOLDER, "usr/" EVIDENCE_FOLDER, NULL};
static const struct reader folder_reader = {
	.name = "folder", .evidence = folders, .folders = true, .limit = 4096, .read = read_evidence};
/* A component, whose reader may need less than the whole file. */
static int feed_component(struct evidence_stream *file, span piece, struct tarsier_error *error)
{
	(void)file, (void)error;
	return piece.len && piece.ptr[0] & 1;
}
static int end_component(struct evidence_stream *file, struct tarsier_error *error)
{
	const struct evidence evidence = {.path = file->path, .content = file->path};
	return read_evidence(&evidence, file->output, error);
}
static const char *const components[] = {"**/*.z", NULL};
static const struct reader component_reader = {
	.name = "component", .evidence = components, .limit = SIZE_MAX, .component = true, .work = 4096, .feed = feed_component,
	.end = end_component};
static const struct reader *const readers[] = {&test_reader, &folder_reader, &component_reader, NULL};

/* What is kept must be what was promised of it. */
static void check(const struct layer_index *index)
{
	for (size_t i = 0; i < index->file_count; i++)
		if (strlen(index->files[i].path) == 0 || !index->files[i].reader)
			abort();
	for (size_t i = 0; i < index->link_count; i++)
		if (strlen(index->links[i].path) + strlen(index->links[i].target) > 1 << 18)
			abort();
	for (size_t i = 1; i < index->taken_count; i++)
		if (index->taken[i - 1] >= index->taken[i])
			abort();
	for (size_t i = 0; i < index->whiteout_count; i++)
		if (!layer_has(index, SPAN("no such path"), false) && strlen(index->whiteouts[i].path) == 0 && !index->whiteouts[i].opaque)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	struct arena arena;
	struct path_match *patterns;
	struct stream *blob;
	struct layer_index *index;
	struct tarsier_error error = {0};
	struct layer_expected expected = {.size = UINT64_MAX};
	arena_init(&arena, NULL);
	if (path_match_new(&arena, readers, &patterns, &error) < 0 ||
	    stream_open_memory(&arena, (span){(const char *)data + 1, size - 1}, &blob, &error) < 0)
		abort();
	struct layer_options options = {
		.patterns = patterns, .want_listing = data[0] & 4, .want_hashes = data[0] & 8, .want_diff_id = data[0] & 2,
		.threads = data[0] & 1 ? 3 : 1, .tar_limit = 64 << 20,
	};
	int code = layer_read(blob, &expected, &options, &index, &error);
	if (code < 0 && (index || error.code != code || !error.message[0]))
		abort();
	if (code >= 0) {
		check(index);
		check_listing(&arena, index);
	}
	layer_index_free(index);
	arena_free(&arena);
	return 0;
}
