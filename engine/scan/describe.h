/* fills the parts of a report that both ways of scanning share */
#ifndef TARSIER_SCAN_DESCRIBE_H
#define TARSIER_SCAN_DESCRIBE_H

#include "inventory/distro.h"
#include "scan/scan.h"

/* Fills the report's image. `layers` must lie in the report's arena. Returns OK or MEMORY. */
int scan_describe_image(struct scan *scan, const struct tarsier_layer *layers);
void scan_describe_distro(struct scan *scan, const struct distro *distro);
/* `packages` must lie in the report's arena. Returns OK or MEMORY. */
int scan_describe_packages(struct scan *scan, struct tarsier_package *packages, size_t count);

/* Adds the problems of inventory/system_check.h. Returns OK or MEMORY. */
int scan_find_gaps(struct scan *scan, const struct distro *distro, bool by_clair);

#endif
