/* reads Perl distributions that cpanm or Carton installed */
#include "inventory/json_licenses.h"
#include "layer/reader.h"

/*
 * cpanm keeps ARCHLIB/.meta/NAME-VERSION/MYMETA.json for each distribution that it installs (CPAN::Meta::Spec): "name"
 * ("HTTP-Tiny"), "version", "license". A .packlist names no version, so what CPAN.pm alone installed is not found. No
 * OSV ecosystem has advisories for CPAN.
 */
enum { FILE_LIMIT = 1 << 20 };

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	json_t *file;
	int code = json_parse(evidence->content, FILE_LIMIT, "MYMETA.json", &file, error);
	if (code >= 0)
		code = reader_add_json(output, (struct package_spans){.type = "cpan", .name = span_of(json_text(file, "name")),
		                                                      .version = span_of(json_text(file, "version"))},
		                       json_object_get(file, "license"), error);
	json_decref(file);
	return reader_skip_file(output, code, error);
}

const struct reader reader_perl = {
	.name = "perl",
	.version = 1,
	.evidence = (const char *const[]){"**/.meta/*/MYMETA.json", NULL},
	.limit = FILE_LIMIT,
	.read = read,
};
