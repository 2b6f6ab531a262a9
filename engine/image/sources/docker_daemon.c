/* an image in a container engine, Docker's or Podman's */
#include "image/archive.h"
#include "net/container_engine.h"

/* The scheme is skopeo's and podman's. The export streams through the same single pass as standard input: an engine keeps
 * layers unpacked, and packs all of them for any request. */

static int find_image(struct container_engine *engine, struct arena *arena, const char *name,
                      const struct source_options *options, struct engine_image *found, struct tarsier_error *error)
{
	int code = container_engine_find(arena, NULL, options->ca_file, engine, error);
	engine->cancelled = options->layers->cancelled;
	if (code >= 0)
		code = container_engine_ping(engine, error);
	return code < 0 ? code : container_engine_image(engine, arena, name, found, error);
}

static int open_export(struct container_engine *engine, const struct engine_image *found,
                       const struct source_options *options, struct image *image, struct tarsier_error *error)
{
	const struct reference only = {.text = image->about.reference, .scheme = "", .path = "", .name = "", .digest = ""};
	struct arena arena; /* for the stream, which is read to its end here */
	struct stream *stream;
	arena_init(&arena, &image->arena->allocator);
	int code = container_engine_export(engine, &arena, found->id, &stream, error);
	if (code >= 0)
		code = archived_image_open_stream(stream, image->about.reference, &only, options, image, error);
	arena_free(&arena);
	image->about.name = found->name;
	return code;
}

static int open_image(const struct reference *reference, const struct source_options *options, struct image *image,
                      struct tarsier_error *error)
{
	struct container_engine engine;
	struct engine_image found;
	int code = find_image(&engine, image->arena, reference->path, options, &found, error);
	if (code < 0)
		return code == TARSIER_CANCELLED ? code : error_prefix(error, "%s", reference->text);
	image->about.reference = arena_format(image->arena, "docker-daemon:%s", found.name);
	return image->about.reference ? open_export(&engine, &found, options, image, error) : error_memory(error);
}

const struct source source_docker_daemon = {
	.name = "docker-daemon",
	.summary = "NAME[:TAG]: an image in the container engine, Docker's or Podman's",
	.names = SOURCE_ENGINE,
	.open = open_image,
};
