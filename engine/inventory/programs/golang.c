/* the go command */
#include "inventory/program.h"

const struct program program_golang = {
	.name = "golang",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"go", "go.exe", NULL},
	.patterns = (const char *const[]){"go%v%s%0", NULL},
};
