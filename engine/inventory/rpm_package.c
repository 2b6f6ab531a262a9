#include "inventory/rpm_package.h"

#include "inventory/reader_add.h"
#include "inventory/rpm_header.h"

#include <stdio.h>

/* The version that `rpm -q --qf '%{EVR}'` prints: it begins with the epoch if the header has one, even 0. */
enum { VERSION_ROOM = 2 * PACKAGE_FIELD_LIMIT + 32 };

/* reader_add rejects longer versions. */
static int shown(span text)
{
	return text.len > PACKAGE_FIELD_LIMIT ? PACKAGE_FIELD_LIMIT + 1 : (int)text.len;
}

static span write_version(char room[VERSION_ROOM], const struct rpm_header *header, span version, span release)
{
	if (!version.len)
		return (span){"", 0};
	int length = header->has_epoch ? snprintf(room, VERSION_ROOM, "%u:", (unsigned)header->epoch) : 0;
	length += snprintf(room + length, VERSION_ROOM - (size_t)length, "%.*s", shown(version), version.ptr);
	if (release.len)
		length += snprintf(room + length, VERSION_ROOM - (size_t)length, "-%.*s", shown(release), release.ptr);
	return (span){room, (size_t)length};
}

static int add(const struct rpm_header *header, struct reader_output *output, struct tarsier_error *error)
{
	char version[VERSION_ROOM], source_version[VERSION_ROOM];
	struct package_spans package = {.type = "rpm", .name = header->name, .architecture = header->architecture,
	                                .vendor = header->vendor, .license = header->license,
	                                .module = rpm_module_stream(header->module)};
	span source_evr;
	if (span_is(header->name, "gpg-pubkey"))
		return TARSIER_OK; /* rpm stores the keys it trusts as packages */
	package.version = write_version(version, header, header->version, header->release);
	rpm_source_split(header->source, &package.source_name, &source_evr);
	/* A source package's file name has no epoch. By default rpmbuild gives a package the epoch of its source. */
	package.source_version = write_version(source_version, header, source_evr, (span){"", 0});
	int code = rpm_header_own_files(header, output, error);
	if (code == TARSIER_FORMAT) { /* the package is there all the same */
		reader_output_disown(output);
		code = reader_output_note(output, false, error ? error->message : "", error);
	}
	return code < 0 ? code : reader_add(output, &package, error);
}

int rpm_package_skip(struct reader_output *output, int code, const char *place, struct tarsier_error *error)
{
	char text[sizeof error->message + 64];
	if (code != TARSIER_FORMAT)
		return code;
	reader_output_disown(output);
	snprintf(text, sizeof text, "%s: %s", place, error ? error->message : "invalid");
	return reader_output_note(output, true, text, error);
}

int rpm_package_add(struct reader_output *output, span blob, const char *place, struct tarsier_error *error)
{
	struct rpm_header header;
	int code = rpm_header_read(blob, &header) ? add(&header, output, error)
	                                          : error_set(error, TARSIER_FORMAT, "not an rpm header");
	return rpm_package_skip(output, code, place, error);
}
