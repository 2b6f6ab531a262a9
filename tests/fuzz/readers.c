/* Every reader, the distribution's files, and the inventory made of both. The first byte chooses a reader and one of
 * its patterns; the rest is the file. */
#include "inventory/inventory.h"
#include "layer/reading.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path that the pattern wants. */
static const char *path_of(const char *pattern, char *room, size_t size)
{
	size_t length = 0;
	for (const char *c = pattern; *c && length + 2 < size; c++)
		room[length++] = *c == '*' ? 'x' : *c;
	room[length] = '\0';
	return room;
}

static void build_inventory(struct arena *arena, const struct overlay_file *file)
{
	const struct overlay_file *files[] = {file};
	const struct overlay overlay = {.files = files, .file_count = 1};
	struct distro distro;
	struct package_list list;
	struct tarsier_error error;
	if (distro_detect(arena, &overlay, &distro, &error) == TARSIER_OK)
		inventory_build(arena, &overlay, &distro, &list, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!size)
		return 0;
	size_t readers = 0, pattern_count = 0;
	while (readers_all[readers])
		readers++;
	const struct reader *reader = readers_all[data[0] % readers];
	while (reader->evidence[pattern_count])
		pattern_count++;
	char room[256];
	const char *path = pattern_count ? path_of(reader->evidence[data[0] / readers % pattern_count], room, sizeof room)
	                                 : "usr/bin/program";
	char *exact = malloc(size - 1 ? size - 1 : 1); /* no longer than the file, so that a step beyond it is seen */
	memcpy(exact, data + 1, size - 1);
	struct arena arena;
	struct path_match *patterns;
	struct tarsier_error error;
	arena_init(&arena, NULL);
	arena.limit = 64 << 20;
	if (path_match_new(&arena, readers_all, &patterns, &error) < 0)
		abort();
	struct reader_output output = {.arena = &arena};
	const span content = {exact, size - 1};
	struct layer_file stored = {.path = path, .reader = reader};
	/* A stream comes in pieces of a length that the file decides. */
	size_t piece = size > 1 ? 1 + data[size - 1] * 37u : 0;
	if (reading_run(reader, &(struct evidence){.path = span_of(path), .content = content}, piece, &output, &error) < 0)
		stored.problem = error.message;
	else
		layer_file_set(&stored, &output);
	if (reader->keep)
		stored.content = content;
	build_inventory(&arena, &(struct overlay_file){.path = path, .reader = reader, .file = &stored});
	arena_free(&arena);
	free(exact);
	return 0;
}
