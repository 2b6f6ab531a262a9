/* a bill of materials in a file, or on standard input */
#include "image/sbom.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static int sbom_open(const struct reference *reference, const struct source_options *options, struct image *image,
                     struct tarsier_error *error)
{
	struct stream *stream = NULL;
	int code = TARSIER_OK;
	(void)options;
	if (*reference->name || *reference->digest)
		return error_set(error, TARSIER_USAGE, "%s: a bill of materials has no name or digest to choose by",
		                 reference->text);
	if (strcmp(reference->path, "-") == 0)
		code = stream_open_fd(image->arena, STDIN_FILENO, "standard input", &stream, error);
	else if (access(reference->path, R_OK) < 0)
		code = error_errno(error, errno, "open %s", reference->path);
	return code < 0 ? code : sbom_image(image, stream ? "" : reference->path, stream, error);
}

static bool sbom_accepts(const char *path, bool directory, span head)
{
	static const char *const suffixes[] = {".spdx.json", ".cdx.json", ".spdx", ".cdx", ".cdx.xml"};
	if (directory)
		return false;
	if (sbom_is(head))
		return true;
	span start = span_trim(head);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++)
		if (span_ends(span_of(path), suffixes[i]) && (span_starts(start, "{") || span_starts(start, "<")))
			return true; /* the marks may come later */
	return false;
}

const struct source source_sbom = {
	.name = "sbom", .summary = "FILE: a bill of materials, SPDX or CycloneDX; \"sbom:-\" is one on standard input",
	.accepts = sbom_accepts, .open = sbom_open,
};
