/* an archive on standard input, or from a pipe that has a path; never read twice */
#include "image/archive.h"

static int open_archive(const struct reference *reference, const struct source_options *options, struct image *image,
                        struct tarsier_error *error)
{
	return archived_image_open(reference, ARCHIVE_ANY, options, image, error);
}

const struct source source_stdin = {
	.name = "-", .summary = "an archive of either kind on standard input", .open = open_archive,
};
