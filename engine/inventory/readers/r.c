/* reads installed R packages */
#include "format/stanza.h"
#include "inventory/reader_add.h"
#include "layer/reader.h"

#include <stdio.h>

/*
 * LIBRARY/NAME/DESCRIPTION ("Writing R Extensions", section 1.1.1), in the format of Debian's control files. Only R CMD
 * INSTALL adds the field Built, so a package's source is not taken for an installed one.
 *
 * Bioconductor's packages have the field git_branch, "RELEASE_3_18", which names its release; all others are matched as
 * CRAN's.
 */
enum { HEAD = 256 << 10 };

/* "RELEASE_3_18" → "Bioconductor:3.18" */
static const char *ecosystem_of(span branch, char *room, size_t size)
{
	span major, minor;
	uint64_t number;
	if (!span_starts(branch, "RELEASE_"))
		return "CRAN";
	span release = span_from(branch, sizeof "RELEASE_" - 1);
	if (!span_cut(release, '_', &major, &minor) || !span_number(major, &number) || !span_number(minor, &number))
		return "CRAN";
	snprintf(room, size, "Bioconductor:%.*s.%.*s", SPAN_ARG(major), SPAN_ARG(minor));
	return room;
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	enum { PACKAGE, VERSION, BUILT, BRANCH, LICENSE, FIELDS };
	static const char *const keys[FIELDS] = {"Package", "Version", "Built", "git_branch", "License"};
	span values[FIELDS];
	char room[64];
	stanza_find(evidence->content, STANZA_FIRST, keys, values, FIELDS);
	if (!values[PACKAGE].len || !values[BUILT].len)
		return TARSIER_OK;
	const struct package_spans package = {.type = "cran", .ecosystem = ecosystem_of(values[BRANCH], room, sizeof room),
	                                      .name = values[PACKAGE], .version = values[VERSION], .license = values[LICENSE]};
	return reader_skip_file(output, reader_add(output, &package, error), error);
}

const struct reader reader_r = {
	.name = "r",
	.version = 1,
	.evidence = (const char *const[]){"**/DESCRIPTION", NULL},
	.limit = HEAD,
	.head = true,
	.read = read,
};
