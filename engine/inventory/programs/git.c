/* Git */
#include "inventory/program.h"

const struct program program_git = {
	.name = "git",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"git", NULL},
	.patterns = (const char *const[]){"git/%v%0", NULL},
};
