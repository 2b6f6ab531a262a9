/* an archive, or a bill of materials, on standard input, or from a pipe that has a path; never read twice */
#include "image/archive.h"
#include "image/sbom.h"

#include <sys/stat.h>
#include <unistd.h>

enum { HEAD = 1024 };

/* A pipe: what was read to recognise the kind is given again. */
static int open_pipe(const struct reference *reference, const struct source_options *options, struct image *image,
                     struct tarsier_error *error)
{
	static const char name[] = "standard input";
	span head;
	struct stream *pipe = NULL, *whole = NULL;
	struct source_options plain = *options;
	plain.wants_blobs = false; /* a pipe has none */
	int code = stream_open_fd(image->arena, STDIN_FILENO, name, &pipe, error);
	if (code < 0)
		return code;
	code = stream_peek(image->arena, pipe, HEAD, &head, &whole, error);
	if (code < 0) {
		stream_close(pipe);
		return code;
	}
	if (sbom_is(head))
		return sbom_image(image, "", whole, error);
	return archived_image_open_stream(whole, name, reference, &plain, image, error);
}

static int open_input(const struct reference *reference, const struct source_options *options, struct image *image,
                      struct tarsier_error *error)
{
	struct stat status;
	char head[HEAD];
	struct stream *stream;
	bool standard = !*reference->path;
	if (standard && (fstat(STDIN_FILENO, &status) < 0 || !S_ISREG(status.st_mode)))
		return open_pipe(reference, options, image, error);
	ssize_t got = standard ? pread(STDIN_FILENO, head, sizeof head, lseek(STDIN_FILENO, 0, SEEK_CUR)) : 0;
	if (got <= 0 || !sbom_is((span){head, (size_t)got}))
		return archived_image_open(reference, ARCHIVE_ANY, options, image, error);
	int code = stream_open_fd(image->arena, STDIN_FILENO, "standard input", &stream, error);
	return code < 0 ? code : sbom_image(image, "", stream, error);
}

const struct source source_stdin = {
	.name = "-", .summary = "an archive of either kind, or a bill of materials, on standard input", .open = open_input,
};
