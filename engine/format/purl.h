/* package URLs, https://github.com/package-url/purl-spec */
#ifndef TARSIER_FORMAT_PURL_H
#define TARSIER_FORMAT_PURL_H

#include "base/span.h"

struct purl_qualifier { const char *key, *value; }; /* an empty value is omitted */

/* Returns the purl, percent-encoded and normalised by the type's rules, with qualifiers sorted by key. `name_space` may
 * be "". Returns NULL if memory ran out. */
char *purl_write(struct arena *arena, const char *type, const char *name_space, const char *name, const char *version,
                 const struct purl_qualifier *qualifiers, size_t count);

#endif
