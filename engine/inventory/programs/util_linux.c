/* util-linux */
#include "inventory/program.h"

const struct program program_util_linux = {
	.name = "util-linux",
	.files = (const char *const[]){"getopt", NULL},
	.patterns = (const char *const[]){"%0util-linux %v%0", NULL},
};
