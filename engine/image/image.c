#include "image/image.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define X(name) extern const struct source source_##name;
#include "sources.def"
#undef X

const struct source *const sources_all[] = {
#define X(name) &source_##name,
#include "sources.def"
#undef X
	NULL,
};

enum { HEAD = 1024 };

static const struct source *source_named(const char *scheme)
{
	for (const struct source *const *source = sources_all; *source; source++)
		if (strcmp((*source)->name, scheme) == 0)
			return *source;
	return NULL;
}

/* Up to HEAD first bytes of a regular file. */
static int read_head(const char *path, char *head, size_t *length, struct tarsier_error *error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return error_errno(error, errno, "open %s", path);
	ssize_t got = pread(fd, head, HEAD, 0);
	int number = errno;
	close(fd);
	if (got < 0)
		return error_errno(error, number, "read %s", path);
	*length = (size_t)got;
	return TARSIER_OK;
}

/* Finds the source of a path without a scheme by the file's first bytes. Pipes and devices can be read only once, so they
 * are treated like standard input. */
static int source_of_path(const char *path, const struct source **source, struct tarsier_error *error)
{
	char head[HEAD];
	size_t length = 0;
	struct stat status;
	if (stat(path, &status) < 0)
		return error_errno(error, errno, "%s", path);
	bool directory = S_ISDIR(status.st_mode);
	if (!directory && !S_ISREG(status.st_mode)) {
		*source = source_named("-");
		return TARSIER_OK;
	}
	int code = directory ? TARSIER_OK : read_head(path, head, &length, error);
	if (code < 0)
		return code;
	for (const struct source *const *each = sources_all; *each; each++)
		if ((*each)->accepts && (*each)->accepts(path, directory, (span){head, length})) {
			*source = *each;
			return TARSIER_OK;
		}
	return error_set(error, TARSIER_FORMAT,
	                 "%s: not an image: its first bytes are neither a tar archive's nor a compressed "
	                 "one's", path);
}

/* Everything that "never NULL" is said of. */
void image_make_blank(struct image *image, struct arena *arena)
{
	static const char *const none[] = {NULL};
	*image = (struct image){.arena = arena};
	image->about = (struct tarsier_image){
		.reference = "", .name = "", .digest = "", .id = "", .os = "", .architecture = "", .variant = "", .created = "",
		.user = "", .working_dir = "", .env = none, .entrypoint = none, .cmd = none, .exposed_ports = none,
		.distro_id = "", .distro_version = "", .distro_codename = "", .distro_name = "", .ecosystem = "",
		.volumes = none, .healthcheck = none, .base_name = "", .base_digest = "",
	};
}

/* A source with only one image makes no choice, but the image must be for the requested platform. */
int image_check_platform(const struct image *image, const char *platform, struct tarsier_error *error)
{
	const struct tarsier_image *about = &image->about;
	if (platform_is_default(platform) ||
	    platform_rank(platform, about->os, about->architecture, about->variant) != PLATFORM_OTHER)
		return TARSIER_OK;
	return error_set(error, TARSIER_NOT_FOUND, "%s is an image for %s/%s%s%s, not for %s", about->reference, about->os,
	                 about->architecture, *about->variant ? "/" : "", about->variant, platform);
}

int image_open(struct arena *arena, const char *text, const struct source_options *options, struct image *image,
               struct tarsier_error *error)
{
	struct reference reference;
	const struct source *source = NULL;
	image_make_blank(image, arena);
	int code = reference_parse(arena, text, &reference, error);
	if (code < 0 || (code = platform_check(options->platform, error)) < 0)
		return code;
	image->about.reference = reference.text;
	if (*reference.scheme)
		source = source_named(reference.scheme);
	else
		code = source_of_path(reference.path, &source, error);
	if (code < 0)
		return code;
	if (!source)
		return error_set(error, TARSIER_UNSUPPORTED, "%s: this build has no source for it", text);
	code = source->open(&reference, options, image, error);
	if (code >= 0)
		code = image_check_platform(image, options->platform, error);
	if (code < 0)
		image_close(image);
	return code;
}

void image_close(struct image *image)
{
	if (image->close)
		image->close(image);
	image->close = NULL;
}
