#include "image/archive.h"

#include "image/docker_save.h"
#include "stream/inflate.h"
#include "stream/tar_header.h"

static int layout_read(const struct layout *layout, const char *path, struct buffer *into, struct tarsier_error *error)
{
	return image_archive_read(layout->user, path, into, error);
}

static int layout_find(const struct layout *layout, const char *path, uint64_t *size, void **location,
                       struct tarsier_error *error)
{
	struct member *member;
	int code = image_archive_find(layout->user, path, &member, error);
	if (code < 0)
		return code;
	*size = member->size;
	*location = member;
	return TARSIER_OK;
}

static int no_image(struct image_archive *archive, struct tarsier_error *error)
{
	if (image_archive_has(archive, "repositories"))
		return error_set(error, TARSIER_UNSUPPORTED,
		                 "no manifest.json: written by a Docker version before 1.10; load it and save it again");
	return error_set(error, TARSIER_FORMAT,
	                 "holds no image: neither manifest.json (docker save) nor index.json (OCI) is in "
	                 "there; a root file system must be unpacked and scanned as dir:");
}

/* Docker since 25 writes both layouts into one archive. Its own loader goes by manifest.json, so does this; but only
 * the index knows other platforms, attestations and manifests' digests. */
static int open_either(struct image_archive *archive, const struct reference *reference, enum archive_layout wanted,
                       const struct source_options *options, struct image *image, struct tarsier_error *error)
{
	struct layout layout = {layout_read, layout_find, archive};
	bool oci = image_archive_has(archive, "index.json");
	bool docker = wanted == ARCHIVE_ANY && image_archive_has(archive, "manifest.json");
	if (!oci && wanted == ARCHIVE_OCI)
		return error_set(error, TARSIER_FORMAT, "no OCI layout: there is no index.json in it%s",
		                 image_archive_has(archive, "manifest.json") ? "; it is a docker-archive:" : "");
	if (!oci && !docker)
		return no_image(archive, error);
	if (oci && (!docker || !platform_is_default(options->platform) || options->attestations))
		return layout_open(&layout, reference, options, image, error);
	int code = docker_save_open(archive, oci ? &layout : NULL, reference, options->platform, image, error);
	if (code == TARSIER_NOT_FOUND && oci && *reference->digest) /* of a manifest, not of a config */
		code = layout_open(&layout, reference, options, image, error);
	return code;
}

static int read_image(struct image_archive *archive, const struct reference *reference, enum archive_layout wanted,
                      const struct source_options *options, struct image *image, struct tarsier_error *error)
{
	int code = open_either(archive, reference, wanted, options, image, error);
	if (code >= 0)
		return image_archive_settle(archive, image, error);
	error_prefix(error, "%s", archive->name);
	image_archive_close(archive);
	return code;
}

int archived_image_open(const struct reference *reference, enum archive_layout wanted,
                        const struct source_options *options, struct image *image, struct tarsier_error *error)
{
	struct image_archive *archive = NULL;
	int code = image_archive_open(image->arena, reference->path, options->layers, &archive, error);
	return code < 0 ? code : read_image(archive, reference, wanted, options, image, error);
}

int archived_image_open_stream(struct stream *stream, const char *name, const struct reference *reference,
                               const struct source_options *options, struct image *image, struct tarsier_error *error)
{
	struct image_archive *archive = NULL;
	int code = image_archive_open_stream(image->arena, stream, name, options->wants_blobs, options->layers, &archive, error);
	return code < 0 ? code : read_image(archive, reference, ARCHIVE_ANY, options, image, error);
}

bool archived_image_accepts(span head)
{
	struct tar_header header;
	return codec_of(head) || (head.len >= TAR_BLOCK && tar_header_read(head.ptr, &header, NULL) >= 0);
}
