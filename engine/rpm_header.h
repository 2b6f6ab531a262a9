/* floor 4: one rpm header, as every kind of rpm database stores it */
#ifndef TARSIER_RPM_HEADER_H
#define TARSIER_RPM_HEADER_H

#include "span.h"

/* What is read of a header. Empty where the header does not have it. */
struct rpm_header {
	span name, version, release, architecture;
	span source; /* the source package's file, "openssl-3.0.7-27.el9.src.rpm" */
	uint32_t epoch;
	bool has_epoch;
};

/* False where the bytes are no header. The spans point into them. */
bool rpm_header_read(span blob, struct rpm_header *header);

/* "openssl-3.0.7-27.el9.src.rpm" into "openssl" and "3.0.7-27.el9". False and both empty for anything else. */
bool rpm_source_split(span file, span *name, span *version);

#endif
