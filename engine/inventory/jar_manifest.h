/* what a jar's manifest says about the jar */
#ifndef TARSIER_INVENTORY_JAR_MANIFEST_H
#define TARSIER_INVENTORY_JAR_MANIFEST_H

#include "base/span.h"

/* Main attributes; "" if absent or unusable: longer than the field, or with control bytes. */
struct jar_manifest {
	char title[256], version[128], vendor_id[256];      /* Implementation-… */
	char specification_version[128];
	char symbolic_name[256], bundle_version[128];       /* OSGi; the name without its parameters */
	char bundle_license[512];
	char short_name[256], plugin_version[128], group_id[256]; /* Jenkins' plugins */
};

/* Reads the main section of META-INF/MANIFEST.MF (JAR File Specification, "JAR Manifest"). */
void jar_manifest_read(span text, struct jar_manifest *manifest);

#endif
