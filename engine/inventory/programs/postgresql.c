/* PostgreSQL */
#include "inventory/program.h"

const struct program program_postgresql = {
	.name = "postgresql",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"postgres", NULL},
	.patterns = (const char *const[]){"PostgreSQL %v%s", NULL},
};
