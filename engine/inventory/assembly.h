/* internal to inventory/: what a .NET assembly says of itself */
#ifndef TARSIER_INVENTORY_ASSEMBLY_H
#define TARSIER_INVENTORY_ASSEMBLY_H

#include "inventory/binary_view.h"
#include "inventory/executable.h"

enum {
	ASSEMBLY_RESOURCES = 64 * 1024, /* bytes of resources that are looked at: an assembly's have 2 KiB, icons more */
	ASSEMBLY_TEXT = 256,            /* characters of a name or version */
};

struct assembly {
	struct binary_capture resources;
};

/* Looks at a window of the file. Returns OK or MEMORY. */
int assembly_take(struct assembly *assembly, const struct executable *executable, const struct binary_view *view,
                  struct arena *arena, struct tarsier_error *error);
/* After the last window: adds the package that the assembly at this path is of, if it has a version. Assemblies that only
 * hold translations are not added. Returns OK, MEMORY, LIMIT. */
int assembly_add(const struct assembly *assembly, const struct executable *executable, span path,
                 struct reader_output *output, struct tarsier_error *error);

#endif
