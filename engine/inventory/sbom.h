/* reads bills of materials: SPDX and CycloneDX in all their forms */
#ifndef TARSIER_INVENTORY_SBOM_H
#define TARSIER_INVENTORY_SBOM_H

#include "format/json.h"
#include "layer/reader_output.h"

enum { SBOM_LIMIT = 32 << 20 }; /* bytes: 1 KB a package in SPDX JSON; with files, 20 MB for a large image */

/* What is read of a document. */
struct sbom {
	struct reader_output *output;
	struct arena scratch;           /* for one document */
	const char *distro, *release;   /* of the operating system that it describes: "debian", "12"; or NULL */
	size_t unnamed;                 /* packages without a purl, which nothing can be matched with */
};

/* One package as a document states it; absent fields are empty. */
struct sbom_package {
	span purl, name, version;
	span license;
	span source_name, source_version;
	bool operating_system;          /* it is the operating system itself */
};

/* Adds the packages of a document in any of the forms, recognised by its content. Packages without a purl are counted in a
 * note. output->release becomes the distribution as os-release would have it. Returns OK, MEMORY, LIMIT, or FORMAT if
 * the text is none of the forms. */
int sbom_read(span text, struct reader_output *output, struct tarsier_error *error);

/* Adds one package. Returns OK, MEMORY, LIMIT. */
int sbom_add(struct sbom *sbom, const struct sbom_package *package, struct tarsier_error *error);

/* Takes the source of a package from SPDX's comment on it, as Trivy writes it: "built package from: openssl 1:3.0.7-27.el9". */
void sbom_take_source(span info, struct sbom_package *package);

/* One file for each form. *known is false if the text, or the document, is not of this form. */
int sbom_read_json(struct sbom *sbom, const json_t *document, bool *known, struct tarsier_error *error);
int sbom_read_tags(struct sbom *sbom, span text, bool *known, struct tarsier_error *error);
int sbom_read_xml(struct sbom *sbom, span text, bool *known, struct tarsier_error *error);

#endif
