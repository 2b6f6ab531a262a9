/* base64 (RFC 4648) */
#ifndef TARSIER_FORMAT_BASE64_H
#define TARSIER_FORMAT_BASE64_H

#include "base/span.h"

/* Decodes either alphabet, with or without padding. Returns false if the text is not base64, or memory ran out. */
bool base64_decode(struct arena *arena, span text, span *bytes);
/* Encodes with section 4's alphabet, padded. Returns NULL if memory ran out. */
char *base64_encode(struct arena *arena, span bytes);
/* Encodes with section 5's alphabet, unpadded, as JSON Web Tokens require it (RFC 7515, 2). */
char *base64_encode_url(struct arena *arena, span bytes);

#endif
