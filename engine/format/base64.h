/* base64 (RFC 4648) */
#ifndef TARSIER_FORMAT_BASE64_H
#define TARSIER_FORMAT_BASE64_H

#include "base/span.h"

/* Either alphabet, with or without padding; false if the text is not base64, or memory runs out. */
bool base64_decode(struct arena *arena, span text, span *bytes);
/* Section 4's alphabet, padded. NULL: no memory. */
char *base64_encode(struct arena *arena, span bytes);
/* Section 5's alphabet, unpadded, as JSON Web Tokens want it (RFC 7515, 2). */
char *base64_encode_url(struct arena *arena, span bytes);

#endif
