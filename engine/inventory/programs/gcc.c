/* GCC */
#include "inventory/program.h"

const struct program program_gcc = {
	.name = "gcc",
	.files = (const char *const[]){"gcc", "gcc-1*", NULL},
	.patterns = (const char *const[]){"GCC: (GNU) %v", NULL},
};
