/* readers of the host, beside the engine's own */
#ifndef TARSIER_SCAN_READERS_H
#define TARSIER_SCAN_READERS_H

#include "layer/overlay.h"
#include "scan/scan.h"

/* Checks the config's readers, copies them, and makes engine->readers: the engine's own, then these. Returns OK, MEMORY, or
 * USAGE. */
int host_readers_take(tarsier_engine *engine, struct tarsier_error *error);

/* Adds the patterns of the host's readers to the fingerprint of the layer cache: their content is kept there. Returns NULL
 * if memory ran out. */
const char *host_readers_fingerprint(tarsier_engine *engine, const char *fingerprint);

/* Runs the host's readers on what the overlay shows, in the calling thread, and adds what they find to the overlay's files.
 * A reader that fails makes its file unreadable. Returns OK, MEMORY or CANCELLED. */
int host_readers_run(struct scan *scan, struct overlay *overlay);

#endif
