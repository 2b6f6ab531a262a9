/* libpng */
#include "inventory/program.h"

const struct program program_libpng = {
	.name = "libpng",
	.files = (const char *const[]){"libpng*.so*", NULL},
	.patterns = (const char *const[]){"libpng version %v", NULL},
};
