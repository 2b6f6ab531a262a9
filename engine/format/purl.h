/* package URLs, https://github.com/package-url/purl-spec */
#ifndef TARSIER_FORMAT_PURL_H
#define TARSIER_FORMAT_PURL_H

#include "base/span.h"

struct purl_qualifier { const char *key, *value; }; /* an empty value is omitted */

/* Returns the purl, percent-encoded and normalised by the type's rules, with qualifiers sorted by key. `name_space` may
 * be "". Returns NULL if memory ran out. */
char *purl_write(struct arena *arena, const char *type, const char *name_space, const char *name, const char *version,
                 const struct purl_qualifier *qualifiers, size_t count);

/* A purl, decoded. Absent parts are "". */
struct purl { const char *type, *name_space, *name, *version, *qualifiers; };

/* Parses a purl; the strings lie in the arena. Returns false if it is not one, if a part holds control bytes, or if memory
 * ran out. */
bool purl_parse(struct arena *arena, span text, struct purl *purl);
/* Returns the decoded value of a qualifier: "debian-12" for "distro"; "" if there is none; NULL if memory ran out. */
const char *purl_qualifier(struct arena *arena, const struct purl *purl, const char *key);

#endif
