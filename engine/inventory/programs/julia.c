/* Julia */
#include "inventory/program.h"

const struct program program_julia = {
	.name = "julia",
	.files = (const char *const[]){"libjulia-internal.so*", NULL},
	.patterns = (const char *const[]){"__init__%0%v%0verify", NULL},
};
