/* tini */
#include "inventory/program.h"

const struct program program_tini = {
	.name = "tini",
	.files = (const char *const[]){"tini", "docker-init", NULL},
	.patterns = (const char *const[]){"tini version %v", NULL},
};
