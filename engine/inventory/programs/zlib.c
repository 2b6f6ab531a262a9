/* zlib */
#include "inventory/program.h"

const struct program program_zlib = {
	.name = "zlib",
	.files = (const char *const[]){"libz.so*", NULL},
	.patterns = (const char *const[]){"deflate %v Copyright", NULL},
};
