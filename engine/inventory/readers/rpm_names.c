/* reads the names of rpms in images without rpm */
#include "inventory/reader_add.h"
#include "layer/reader.h"

/*
 * var/lib/rpmmanifest/container-manifest-1 is the output of "rpm -qa": NAME-VERSION-RELEASE.ARCHITECTURE in each line,
 * without epochs. It lies beside container-manifest-2 (rpm_manifest.c), which says more: its packages count only if
 * nothing else has found them.
 */
static bool cut_last(span text, char separator, span *before, span *after)
{
	ptrdiff_t at = span_find_last(text, separator);
	if (at <= 0)
		return false;
	*before = (span){text.ptr, (size_t)at};
	*after = span_from(text, (size_t)at + 1);
	return after->len > 0;
}

static int read_line(span line, struct reader_output *output, struct tarsier_error *error)
{
	struct package_spans package = {.type = "rpm"};
	span evr, before, release, version;
	if (!cut_last(line, '.', &evr, &package.architecture) || !cut_last(evr, '-', &before, &release) ||
	    !cut_last(before, '-', &package.name, &version))
		return error_set(error, TARSIER_FORMAT, "not NAME-VERSION-RELEASE.ARCHITECTURE");
	package.version = (span){version.ptr, version.len + 1 + release.len};
	return span_is(package.name, "gpg-pubkey") ? TARSIER_OK : reader_add(output, &package, error);
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content, line;
	int code = TARSIER_OK;
	while (code >= 0 && span_next(&rest, '\n', &line)) {
		code = line.len && !span_starts(line, "gpg-pubkey-") ? read_line(line, output, error) : TARSIER_OK;
		if (code < 0)
			code = reader_skip_entry(output, evidence->content, line.ptr, code, error);
	}
	return code;
}

const struct reader reader_rpm_names = {
	.name = "rpm_names",
	.version = 1,
	.evidence = (const char *const[]){"var/lib/rpmmanifest/container-manifest-1", NULL},
	.limit = 16 << 20,
	.secondary = true,
	.read = read,
};
