/* what a scan leaves behind */
#ifndef TARSIER_SCAN_REPORT_H
#define TARSIER_SCAN_REPORT_H

#include "layer/layer.h"

/* The layers' indexes hold the packages' strings, so the report keeps them. */
struct report_indexes {
	struct report_indexes *next;
	struct layer_index **items; /* each may be NULL */
	size_t count;
};

/* What the arena and the indexes do not hold is in the report itself. */
struct tarsier_report {
	struct arena arena;
	struct tarsier_image image;
	struct tarsier_package *packages;
	size_t package_count;
	struct tarsier_finding *findings;
	size_t finding_count;
	struct tarsier_problem *problems;
	size_t problem_count, problem_capacity;
	struct tarsier_database_info database; /* path NULL: the engine had none */
	struct tarsier_usage usage;
	const char *backend; /* static */
	struct report_indexes *indexes;
};

/* NULL when memory ran out. tarsier_report_free gives it back. */
struct tarsier_report *report_new(const struct tarsier_allocator *allocator);

/* OK or MEMORY. Copies subject and message. */
int report_add_problem(struct tarsier_report *report, const struct tarsier_problem *problem);

#endif
