/* parses one rpm header, as every kind of rpm database stores it */
#ifndef TARSIER_INVENTORY_RPM_HEADER_H
#define TARSIER_INVENTORY_RPM_HEADER_H

#include "layer/reader_output.h"

struct rpm_array {
	span data; /* from its first element to the header's end */
	uint32_t count;
};

/* The fields in use; empty if the header does not have them. */
struct rpm_header {
	span name, version, release, architecture;
	span source; /* the source package's file, "openssl-3.0.7-27.el9.src.rpm" */
	span vendor; /* "AlmaLinux" */
	span license; /* "GPLv2+ and MIT"; an SPDX expression in new distributions */
	span module; /* MODULARITYLABEL: "nodejs:20:8090020231019152822:a75119d5", NAME:STREAM:VERSION:CONTEXT */
	uint32_t epoch;
	bool has_epoch;
	struct rpm_array file_names, file_folders, folders; /* a file's folder is a number, from 0, among the folders */
};

/* Returns false if the bytes are not a header. The spans point into them. */
bool rpm_header_read(span blob, struct rpm_header *header);

/* Records the evidence that this package installed. Returns OK, MEMORY, LIMIT, FORMAT. */
int rpm_header_own_files(const struct rpm_header *header, struct reader_output *output, struct tarsier_error *error);

/* Returns NAME:STREAM of a module label, which advisories name. Empty if there is no stream. */
span rpm_module_stream(span label);

/* Splits "openssl-3.0.7-27.el9.src.rpm" into "openssl" and "3.0.7-27.el9". Returns false and empty spans for other
 * names. */
bool rpm_source_split(span file, span *name, span *version);

#endif
