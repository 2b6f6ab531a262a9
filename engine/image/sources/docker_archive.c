/* the output of `docker save`, and any archive of an image without a scheme */
#include "image/archive.h"

static bool accepts(const char *path, bool directory, span head)
{
	(void)path;
	return !directory && archived_image_accepts(head);
}

static int open_archive(const struct reference *reference, const struct source_options *options, struct image *image,
                        struct tarsier_error *error)
{
	return archived_image_open(reference, ARCHIVE_ANY, options, image, error);
}

const struct source source_docker_archive = {
	.name = "docker-archive",
	.summary = "FILE[:NAME|@DIGEST]: an archive as `docker save` writes it; plain, gzip or zstd",
	.accepts = accepts,
	.open = open_archive,
};
