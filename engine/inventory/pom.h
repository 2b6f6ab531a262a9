/* what Maven leaves in the jars that it builds */
#ifndef TARSIER_INVENTORY_POM_H
#define TARSIER_INVENTORY_POM_H

#include "base/span.h"

struct pom { span group, artifact, version; };

/* Reads a pom.properties: "groupId=…", "artifactId=…", "version=…", a line each. The spans are in the text. Returns false
 * if one is missing or is not what such names are made of. */
bool pom_read_properties(span text, struct pom *pom);

/* Adds the names of a pom.xml's own licences to `licenses`, as licenses_add does. Returns false if memory ran out. */
bool pom_add_licenses(span xml, struct buffer *licenses);

#endif
