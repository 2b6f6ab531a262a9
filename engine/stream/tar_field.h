/* the fields of a tar's blocks: numbers and texts of fixed length */
#ifndef TARSIER_STREAM_TAR_FIELD_H
#define TARSIER_STREAM_TAR_FIELD_H

#include "base/span.h"

enum { TAR_BLOCK = 512 };
#define TAR_FIELD(block, offset, length) ((span){(block) + (offset), (length)})

/* True for a block of zeros: two of them end an archive. */
bool tar_is_zero(const char *block);
/* Reads a number, octal or base 256; an empty field is 0. False for anything else. */
bool tar_number(span field, uint64_t *number);
/* The field up to its first NUL. */
span tar_text(span field);

#endif
