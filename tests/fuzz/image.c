/* What an image says of itself, and a whole archive of one: an error with a message, or an image. The first byte
 * chooses which of the documents the rest is. */
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_say(int code, const struct tarsier_error *error)
{
	if (code < 0 && (error->code != code || !error->message[0]))
		abort();
}

static struct image blank(struct arena *arena, const char *reference)
{
	static const char *const none[] = {NULL};
	return (struct image){.arena = arena, .about = {.reference = reference, .env = none}};
}

static int fuzz_config(struct arena *arena, span text, struct tarsier_error *error)
{
	struct image image = blank(arena, "fuzz");
	int result = image_make_layers(&image, text.len % 4, error);
	return result < 0 ? result : image_read_config(&image, text, error);
}

static int fuzz_manifest(struct arena *arena, span text, struct tarsier_error *error)
{
	struct image image = blank(arena, "fuzz");
	struct digest config;
	uint64_t size;
	return image_read_manifest(&image, text, &config, &size, error);
}

/* Every nested index is the outermost one again. */
static int fetch(void *user, const struct digest *digest, uint64_t size, struct buffer *into,
                 struct tarsier_error *error)
{
	const span *text = user;
	if (size % 2)
		return error_set(error, TARSIER_NOT_FOUND, "%s", digest->text);
	return buffer_add(into, text->ptr, text->len) ? TARSIER_OK : error_memory(error);
}

static int fuzz_index(struct arena *arena, span text, struct tarsier_error *error)
{
	struct descriptor chosen;
	struct reference reference = {.text = "oci:x:app", .scheme = "oci", .path = "x",
	                              .name = text.len % 2 ? "app" : "", .digest = ""};
	return image_choose(arena, text, &reference, "linux/arm/v7", fetch, &text, &chosen, error);
}

static int fuzz_archive(struct arena *arena, span bytes, struct tarsier_error *error)
{
	static const struct reader *const none[] = {NULL};
	struct path_match *patterns;
	struct image image;
	char reference[64];
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	if (fd < 0 || write(fd, bytes.ptr, bytes.len) != (ssize_t)bytes.len)
		abort();
	snprintf(reference, sizeof reference, "/proc/self/fd/%d", fd);
	int result = path_match_new(arena, none, &patterns, error);
	struct layer_options layers = {.patterns = patterns, .want_diff_id = true, .threads = 1, .tar_limit = 1 << 24};
	struct source_options options = {.platform = "", .layers = &layers};
	if (result >= 0 && (result = image_open(arena, reference, &options, &image, error)) >= 0)
		image_close(&image);
	close(fd);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const fuzzers[])(struct arena *, span, struct tarsier_error *) = {
		fuzz_config, fuzz_manifest, fuzz_index, fuzz_archive,
	};
	struct tarsier_error error = {0, ""};
	struct arena arena;
	if (size == 0)
		return 0;
	arena_init(&arena, NULL);
	int code = fuzzers[data[0] % 4](&arena, (span){(const char *)data + 1, size - 1}, &error);
	must_say(code, &error);
	arena_free(&arena);
	return 0;
}
