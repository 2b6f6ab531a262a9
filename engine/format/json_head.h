/* the member names at the beginning of a JSON text */
#ifndef TARSIER_FORMAT_JSON_HEAD_H
#define TARSIER_FORMAT_JSON_HEAD_H

#include "base/span.h"

/* Walks the names of an object's direct members as far as `rest`, the beginning of a JSON text, contains them. In an
 * array it walks the first element. */
struct json_head { span rest; bool begun; };
/* Returns false when there are no more names. */
bool json_head_next(struct json_head *head, span *name);

#endif
