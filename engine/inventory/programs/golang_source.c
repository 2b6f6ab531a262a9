/* Go's source tree: the file VERSION */
#include "inventory/program.h"

const struct program program_golang_source = {
	.name = "golang",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"VERSION", NULL},
	.patterns = (const char *const[]){"go%v%s", NULL},
	.text = true,
};
