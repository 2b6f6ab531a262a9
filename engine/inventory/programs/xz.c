/* XZ Utils */
#include "inventory/program.h"

const struct program program_xz = {
	.name = "xz",
	.files = (const char *const[]){"xz", NULL},
	.patterns = (const char *const[]){"xz (XZ Utils) %v", NULL},
};
