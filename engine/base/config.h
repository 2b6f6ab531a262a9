/* structs that hosts fill, which may be of another size than ours: the host's header is older or newer */
#ifndef TARSIER_BASE_CONFIG_H
#define TARSIER_BASE_CONFIG_H

#include "tarsier.h"

/* Every such struct begins with `size_t size`, which its init function sets to the size that the host's header gives it.
 * Fills `own`, of `own_size` bytes, with zeros and then with what the host gave: fields that the host's older header lacks
 * are zero, their default; so are all if `given` is NULL. Fails with USAGE if `size` is 0 (never initialised), or if fields
 * of a newer header, which we do not know, are set. `name` begins the message. */
int config_take(void *own, size_t own_size, const void *given, const char *name, struct tarsier_error *error);

/* Zeroes `size` bytes at `config` and sets its `size` field: what every init function does. */
void config_clear(void *config, size_t size);

#endif
