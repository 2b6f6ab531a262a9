/* distinguishes kernel headers, which programs compile against, from kernels, which run */
#ifndef TARSIER_INVENTORY_KERNEL_H
#define TARSIER_INVENTORY_KERNEL_H

#include "base/error.h"

/* Sets `kernel` of each package that holds headers of a kernel, unless a kernel image of the same source package is
 * also installed: advisories for a kernel name the source package, but headers do not run. Returns OK or MEMORY. */
int kernel_mark(struct tarsier_package *packages, size_t count, struct tarsier_error *error);

#endif
