/* reads bills of materials in images, and as input */
#include "inventory/reader_add.h"
#include "inventory/sbom.h"
#include "layer/reader.h"

/*
 * What an image says of itself: Bitnami's opt/bitnami/NAME/.spdx-NAME.spdx, Docker's Hardened Images' opt/docker/sbom/…
 * spdx.json, Chainguard's var/lib/db/sbom/NAME.spdx.json, and what builders of images leave behind. Their packages count only
 * if no other reader has found them. Files of other kinds have such names too: they are noted.
 */
static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	return reader_skip_file(output, sbom_read(evidence->content, output, error), error);
}

const struct reader reader_sbom = {
	.name = "sbom",
	.version = 1,
	.evidence = (const char *const[]){"**/*.spdx", "**/*.spdx.json", "**/.spdx.*.json", "**/*.cdx", "**/*.cdx.json",
	                                  "**/*.cdx.xml", "**/bom.json", "**/bom.xml", "**/sbom.json", "**/*.sbom",
	                                  "**/*.intoto.json", NULL},
	.limit = SBOM_LIMIT,
	.secondary = true,
	.read = read,
};
