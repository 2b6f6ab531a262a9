/* support periods of distributions */
#ifndef TARSIER_INVENTORY_END_OF_LIFE_H
#define TARSIER_INVENTORY_END_OF_LIFE_H

#include "inventory/distro.h"

struct end_of_life {
	const char *id, *release;
	const char *support;  /* the last day of security support for everyone: "2025-05-31" */
	const char *extended; /* … of extended support; NULL if there is none */
};

/* Returns what is known of the distribution's release, or NULL. `newer` is what a database says, and counts before the table
 * of this build: lines "id\trelease\tsupport\textended"; NULL or "" if there is none. Static, or in the arena; what does not
 * fit in there is looked up in the table. */
const struct end_of_life *end_of_life_find(struct arena *arena, const struct distro *distro, const char *newer);

/* Returns true if freely available security updates have ended. Debian's LTS updates are free; other extended support
 * requires a contract. `today` is "2026-11-28". */
bool end_of_life_is_over(const struct end_of_life *end, const char *today);

#endif
