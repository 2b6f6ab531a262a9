/* Zstandard */
#include "inventory/program.h"

const struct program program_zstd = {
	.name = "zstd",
	.files = (const char *const[]){"zstd", NULL},
	.patterns = (const char *const[]){"%0v%v%0", NULL},
};
