/* the result of a scan */
#ifndef TARSIER_SCAN_REPORT_H
#define TARSIER_SCAN_REPORT_H

#include "layer/layer.h"

/* The layers' indexes hold the strings of packages, so the report keeps them. */
struct report_indexes {
	struct report_indexes *next;
	struct layer_index **items; /* each may be NULL */
	size_t count;
};

/* The arena and the indexes hold all memory that the report refers to. */
struct tarsier_report {
	struct arena arena;
	struct tarsier_image image;
	struct tarsier_package *packages;
	size_t package_count;
	struct tarsier_finding *findings;
	size_t finding_count;
	struct tarsier_file *files;
	size_t file_count;
	struct tarsier_secret *secrets;
	size_t secret_count, secret_capacity;
	struct tarsier_problem *problems;
	size_t problem_count, problem_capacity;
	struct tarsier_database_info database; /* path NULL: the engine has no database */
	struct tarsier_usage usage;
	const char *backend; /* static */
	struct report_indexes *indexes;
	size_t inventory_problems;  /* how many of the problems come from the inventory, and not from matching it */
	struct tarsier_report *of;  /* whose image and packages these are, after tarsier_rematch; or NULL */
	size_t users;               /* reports that have this one as theirs */
	bool freed;                 /* by its owner; it lasts until the last of them */
};

/* Returns NULL if memory ran out. Freed by tarsier_report_free. */
struct tarsier_report *report_new(const struct tarsier_allocator *allocator);

/* Adds copies. Returns OK or MEMORY. */
int report_add_problems(struct tarsier_report *report, const struct tarsier_problem *problems, size_t count,
                        struct tarsier_error *error);

#endif
