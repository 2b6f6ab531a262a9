/* collects problems of an image */
#ifndef TARSIER_INVENTORY_PROBLEMS_H
#define TARSIER_INVENTORY_PROBLEMS_H

#include "inventory/distro.h"

struct problem_list {
	struct arena *arena;
	struct tarsier_problem *items;
	size_t count, capacity;
};

/* Copies subject and message. `layer` is 0 unless the kind has one. Returns OK or MEMORY. */
int problem_add(struct problem_list *list, enum tarsier_problem_kind kind, const char *subject, size_t layer,
                struct tarsier_error *error, const char *format, ...) __attribute__((format(printf, 6, 7)));

#endif
