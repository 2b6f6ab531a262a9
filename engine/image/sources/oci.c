/* an OCI image layout in a folder */
#include "image/layout.h"
#include "stream/host_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct layout_folder {
	struct layout layout;
	int root;
};

static int folder_read(const struct layout *layout, const char *path, struct buffer *into, struct tarsier_error *error)
{
	const struct layout_folder *folder = layout->user;
	struct arena arena;
	struct stream *stream = NULL;
	uint64_t size;
	arena_init(&arena, &into->allocator);
	int code = host_file_stream(&arena, folder->root, path, &size, &stream, error);
	if (code >= 0 && (code = stream_read_all(stream, into, IMAGE_DOCUMENT_LIMIT, error)) < 0)
		error_prefix(error, "%s", path);
	stream_close(stream);
	arena_free(&arena);
	return code;
}

static int folder_find(const struct layout *layout, const char *path, uint64_t *size, void **location,
                       struct tarsier_error *error)
{
	const struct layout_folder *folder = layout->user;
	*location = NULL;
	return host_file_size(folder->root, path, size, error);
}

static int folder_layer(const struct image *image, size_t layer, struct arena *arena, struct stream **stream,
                        struct tarsier_error *error)
{
	const struct layout_folder *folder = image->source;
	char path[BLOB_PATH];
	uint64_t size;
	layout_blob_path(&image->layers[layer].blob, path);
	int code = host_file_stream(arena, folder->root, path, &size, stream, error);
	if (code < 0)
		error_prefix(error, "%s: layer %zu", image->about.reference, layer + 1);
	return code;
}

static void folder_close(struct image *image)
{
	struct layout_folder *folder = image->source;
	if (folder->root >= 0)
		close(folder->root);
	folder->root = -1;
}

static int oci_open(const struct reference *reference, const struct source_options *options, struct image *image,
                    struct tarsier_error *error)
{
	struct layout_folder *folder = arena_alloc(image->arena, sizeof *folder);
	if (!folder)
		return error_memory(error);
	folder->root = open(reference->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->root < 0 && errno == ENOTDIR)
		return error_set(error, TARSIER_USAGE, "%s is not a directory; a layout in a tar is oci-archive:%s",
		                 reference->path, reference->path);
	if (folder->root < 0)
		return error_errno(error, errno, "open %s", reference->path);
	folder->layout = (struct layout){folder_read, folder_find, folder};
	image->source = folder;
	image->open_layer = image->open_statement = folder_layer;
	image->close = folder_close;
	int code = layout_open(&folder->layout, reference, options, image, error);
	if (code < 0)
		error_prefix(error, "%s", reference->path);
	return code;
}

static bool oci_accepts(const char *path, bool directory, span head)
{
	(void)head;
	int root = directory ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool has = root >= 0 && faccessat(root, "oci-layout", F_OK, 0) == 0 && faccessat(root, "index.json", F_OK, 0) == 0;
	if (root >= 0)
		close(root);
	return has;
}

const struct source source_oci = {
	.name = "oci", .summary = "DIR[:TAG|@DIGEST]: an OCI image layout in a folder", .accepts = oci_accepts, .open = oci_open,
};
