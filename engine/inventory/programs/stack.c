/* Stack */
#include "inventory/program.h"

const struct program program_stack = {
	.name = "stack",
	.files = (const char *const[]){"stack", NULL},
	.patterns = (const char *const[]){"Version %v, Git", NULL},
};
