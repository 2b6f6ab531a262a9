/* gzip */
#include "inventory/program.h"

const struct program program_gzip = {
	.name = "gzip",
	.files = (const char *const[]){"gzip", NULL},
	.patterns = (const char *const[]){"%0%v%0", NULL},
};
