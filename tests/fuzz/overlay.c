/* Bytes as entries of a few layers, laid over each other: paths of few names, so that entries, links and whiteouts meet. The
 * layers are laid again as the cache has them, which must show the same. */
#include "layer/index_file.h"
#include "layer/overlay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BLOCK = 512, LAYERS = 4, ENTRIES = 64, PATH = 64 };

static int read_word(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	char *name = span_copy(output->arena, evidence->path);
	return name ? reader_output_add(output, &(struct package){.type = "word", .name = name, .version = "1"}, error)
	            : error_memory(error);
}

static const char *const wanted[] = {"a/x", "**/y", "b/*/x", NULL}, *const kept_wanted[] = {"b/z", "a/b/z", NULL};
static const struct reader words = {.name = "words", .evidence = wanted, .limit = 64, .read = read_word};
static const struct reader kept = {.name = "kept", .evidence = kept_wanted, .limit = 64, .keep = true, .read = read_word};
static const struct reader *const readers[] = {&kept, &words, NULL};

/* A path of one to three names, chosen by a byte; or of none, for a link's target. */
static void choose_path(uint8_t byte, const char *before, const char *last, char path[PATH])
{
	static const char *const names[] = {"a", "b", "x", "y", "z", ".."};
	size_t length = (size_t)snprintf(path, PATH, "%s", before);
	int count = 1 + byte % 3;
	for (byte /= 3; count > 0; count--, byte /= 6)
		length += (size_t)snprintf(path + length, PATH - length, "%s%s%s", length && path[length - 1] != '/' ? "/" : "",
		                           count == 1 ? last : "", names[byte % 6]);
}

static void write_entry(char block[BLOCK], const char *path, char type, const char *target)
{
	unsigned sum = 0;
	memset(block, 0, BLOCK);
	snprintf(block, 100, "%s", path);
	memcpy(block + 100, "0000644", 8);
	memcpy(block + 108, "0000000", 8);
	memcpy(block + 116, "0000000", 8);
	memcpy(block + 124, "00000000000", 12);
	memcpy(block + 136, "00000000000", 12);
	memset(block + 148, ' ', 8);
	block[156] = type;
	snprintf(block + 157, 100, "%s", target);
	memcpy(block + 257, "ustar\00000", 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + 148, 8, "%06o", sum);
}

/* Three bytes are an entry; a first byte of 255 begins the next layer. */
static size_t write_layer(span *input, char *tar)
{
	static const char types[] = "0522115500";
	char path[PATH], target[PATH];
	size_t length = 0;
	while (input->len >= 3 && length < ENTRIES * BLOCK) {
		uint8_t kind = (uint8_t)input->ptr[0], where = (uint8_t)input->ptr[1], whence = (uint8_t)input->ptr[2];
		*input = span_from(*input, 3);
		if (kind == 255)
			break;
		unsigned what = kind % 12;
		char type = what < 10 ? types[what] : '0'; /* 10, 11: a whiteout, an opaque marker */
		bool link = type == '2' || type == '1';
		choose_path(where, "", what == 10 ? ".wh." : "", path);
		if (what == 11)
			strcat(path, "/.wh..wh..opq");
		choose_path(whence, type == '2' && kind & 128 ? "/" : "", "", target);
		write_entry(tar + length, path, type, link ? target : "");
		length += BLOCK;
	}
	memset(tar + length, 0, 2 * BLOCK);
	return length + 2 * BLOCK;
}

static struct layer_index *build(const struct layer_options *options, span tar)
{
	struct layer_builder *builder;
	struct layer_index *index = NULL;
	struct tarsier_error error;
	if (layer_builder_new(options, &builder, &error) < 0)
		abort();
	if (layer_builder_push(builder, tar, &error) < 0) {
		layer_builder_free(builder);
		return NULL;
	}
	return layer_builder_finish(builder, &index, &error) < 0 ? NULL : index;
}

/* The index as the cache gives it back. */
static struct layer_index *reread(const struct layer_index *index)
{
	struct buffer file;
	buffer_init(&file, NULL);
	struct layer_index *again = layer_index_new(NULL);
	if (!again || !index_write(index, &file))
		abort();
	char *bytes = arena_copy(&again->arena, file.data, file.length);
	if (!bytes || !index_read((span){bytes, file.length}, readers, again))
		abort();
	buffer_free(&file);
	return again;
}

static void check_same(const struct overlay *cold, const struct overlay *warm)
{
	if (cold->file_count != warm->file_count || cold->want_count != warm->want_count)
		abort();
	for (size_t i = 0; i < cold->file_count; i++)
		if (strcmp(cold->files[i]->path, warm->files[i]->path) != 0 || cold->files[i]->layer != warm->files[i]->layer ||
		    (i && strcmp(cold->files[i - 1]->path, cold->files[i]->path) > 0))
			abort();
	for (size_t i = 0; i < cold->want_count; i++)
		if (strcmp(cold->wants[i].target, warm->wants[i].target) != 0)
			abort();
}

static void lay(struct arena *arena, const struct path_match *patterns, struct layer_index **layers, size_t count)
{
	struct layer_index *again[LAYERS];
	struct overlay cold, warm;
	struct tarsier_error error;
	for (size_t i = 0; i < count; i++)
		again[i] = reread(layers[i]);
	int one = overlay_build(arena, (const struct layer_index *const *)layers, count, readers, patterns, NULL, &cold, &error);
	int two = overlay_build(arena, (const struct layer_index *const *)again, count, readers, patterns, NULL, &warm, &error);
	if (one != two)
		abort();
	if (one >= 0)
		check_same(&cold, &warm);
	for (size_t i = 0; i < count; i++)
		layer_index_free(again[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char tar[(ENTRIES + 2) * BLOCK];
	span input = {(const char *)data, size};
	struct layer_index *layers[LAYERS];
	struct path_match *patterns;
	struct tarsier_error error;
	struct arena arena;
	size_t count = 0;
	arena_init(&arena, NULL);
	if (path_match_new(&arena, readers, &patterns, &error) < 0)
		abort();
	struct layer_options options = {.patterns = patterns, .threads = 1};
	bool good = true;
	while (good && count < LAYERS && input.len >= 3) {
		size_t length = write_layer(&input, tar);
		layers[count] = build(&options, (span){tar, length});
		good = layers[count] != NULL;
		count += good;
	}
	if (good && count)
		lay(&arena, patterns, layers, count);
	while (count)
		layer_index_free(layers[--count]);
	arena_free(&arena);
	return 0;
}
