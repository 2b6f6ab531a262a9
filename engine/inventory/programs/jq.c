/* jq */
#include "inventory/program.h"

const struct program program_jq = {
	.name = "jq",
	.files = (const char *const[]){"jq", NULL},
	.patterns = (const char *const[]){"%0%v%0", "jq-%v%0", NULL},
};
