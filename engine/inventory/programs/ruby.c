/* Ruby */
#include "inventory/program.h"

const struct program program_ruby = {
	.name = "ruby",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"ruby", "libruby*.so*", NULL},
	.patterns = (const char *const[]){"ruby %v%s (", NULL},
};
