/* reads the lists of rpms in images without rpm */
#include "inventory/reader_add.h"
#include "inventory/rpm_header.h"
#include "layer/reader.h"

#include <stdio.h>

/*
 * Microsoft's distroless images of Azure Linux and Mariner have, in place of rpm's database, var/lib/rpmmanifest/
 * container-manifest-2, which is written by
 *
 *	rpm -qa --qf "%{NAME}\t%{VERSION}-%{RELEASE}\t%{INSTALLTIME}\t%{BUILDTIME}\t%{VENDOR}\t%{EPOCH}\t%{SIZE}\t%{ARCH}\t
 *	              %{EPOCHNUM}\t%{SOURCERPM}\n"
 *
 * An absent value is "(none)".
 */
enum { NAME, VERSION, INSTALLED, BUILT, VENDOR, EPOCH, SIZE, ARCHITECTURE, EPOCH_NUMBER, SOURCE, FIELDS };

static span value(span field)
{
	return span_is(field, "(none)") ? SPAN("") : field;
}

static int read_line(span line, struct reader_output *output, struct tarsier_error *error)
{
	span fields[FIELDS] = {{0}}, field;
	char version[PACKAGE_FIELD_LIMIT + 32], source_version[PACKAGE_FIELD_LIMIT + 32];
	size_t count = 0;
	uint64_t number;
	while (count < FIELDS && span_next(&line, '\t', &field))
		fields[count++] = value(field);
	if (count < FIELDS || line.len)
		return error_set(error, TARSIER_FORMAT, "not the %d fields of an rpm", FIELDS);
	bool epoch = span_number(fields[EPOCH], &number) || (span_number(fields[EPOCH_NUMBER], &number) && number);
	struct package_spans package = {.type = "rpm", .name = fields[NAME], .version = fields[VERSION],
	                                .architecture = fields[ARCHITECTURE], .vendor = fields[VENDOR]};
	rpm_source_split(fields[SOURCE], &package.source_name, &package.source_version);
	if (epoch && package.version.len && package.version.len < PACKAGE_FIELD_LIMIT) {
		snprintf(version, sizeof version, "%llu:%.*s", (unsigned long long)number, SPAN_WHOLE(package.version));
		package.version = span_of(version);
	}
	if (epoch && package.source_version.len && package.source_version.len < PACKAGE_FIELD_LIMIT) {
		snprintf(source_version, sizeof source_version, "%llu:%.*s", (unsigned long long)number,
		         SPAN_WHOLE(package.source_version));
		package.source_version = span_of(source_version);
	}
	return span_is(fields[NAME], "gpg-pubkey") ? TARSIER_OK : reader_add(output, &package, error);
}

static int read(const struct evidence *evidence, struct reader_output *output, struct tarsier_error *error)
{
	span rest = evidence->content, line;
	int code = TARSIER_OK;
	while (code >= 0 && span_next(&rest, '\n', &line)) {
		code = line.len ? read_line(line, output, error) : TARSIER_OK;
		if (code < 0)
			code = reader_skip_entry(output, evidence->content, line.ptr, code, error);
	}
	return code;
}

const struct reader reader_rpm_manifest = {
	.name = "rpm_manifest",
	.version = 1,
	.evidence = (const char *const[]){"var/lib/rpmmanifest/container-manifest-2", NULL},
	.limit = 16 << 20, /* 150 bytes a package */
	.read = read,
};
