/* an OCI image layout in a tar */
#include "image/archive.h"

static int open_archive(const struct reference *reference, const struct source_options *options, struct image *image,
                        struct tarsier_error *error)
{
	return archived_image_open(reference, ARCHIVE_OCI, options, image, error);
}

const struct source source_oci_archive = {
	.name = "oci-archive",
	.summary = "FILE[:TAG|@DIGEST]: an OCI image layout in a tar; plain, gzip or zstd",
	.open = open_archive,
};
