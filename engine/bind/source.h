/* struct tarsier_source for a Lua table: images whose bytes a Lua host has */
#ifndef TARSIER_BIND_SOURCE_H
#define TARSIER_BIND_SOURCE_H

#include "tarsier.h"

#include <lua.h>

/* The table at `index` is { name = "app:1", manifest = BYTES, blobs = { ["sha256:…"] = BYTES | { file = PATH }, … } };
 * the manifest may be an index. Pushes a userdata with the source, which borrows the table's strings: both must stay on
 * the stack while the source is used, and the table must not change. Raises an error if the table has another shape. */
const struct tarsier_source *bind_push_source(lua_State *L, int index);

#endif
