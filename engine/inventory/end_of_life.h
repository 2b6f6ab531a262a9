/* until when distributions are supported */
#ifndef TARSIER_INVENTORY_END_OF_LIFE_H
#define TARSIER_INVENTORY_END_OF_LIFE_H

#include "inventory/distro.h"

struct end_of_life {
	const char *id, *release;
	const char *support;  /* the last day of security support for everyone: "2025-05-31" */
	const char *extended; /* … of extended support; NULL if there is none */
};

/* The distribution's release, or NULL if it is not in the table. Static. */
const struct end_of_life *end_of_life_find(const struct distro *distro);

/* Whether security updates have ended that everyone gets. Debian publishes those of LTS for everyone; other extended
 * support needs a contract. `today` is "2026-11-28". */
bool end_of_life_is_over(const struct end_of_life *end, const char *today);

#endif
