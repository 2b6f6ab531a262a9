/* a checksum for pages and for the content of the database */
#ifndef TARSIER_DATABASE_CHECKSUM_H
#define TARSIER_DATABASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* The same on machines of either byte order. A change within one aligned group of eight bytes is always detected,
 * because each step is reversible. It does not protect against deliberate changes. */
uint64_t checksum(uint64_t seed, const void *bytes, size_t length);

#endif
