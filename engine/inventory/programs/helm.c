/* Helm */
#include "inventory/program.h"

const struct program program_helm = {
	.name = "helm",
	.files = (const char *const[]){"helm", NULL},
	.patterns = (const char *const[]){"%0v%v%0", NULL},
};
