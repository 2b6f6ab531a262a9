/* curl */
#include "inventory/program.h"

const struct program program_curl = {
	.name = "curl",
	.files = (const char *const[]){"curl", NULL},
	.patterns = (const char *const[]){"curl/%v", NULL},
};
