/* Valkey */
#include "inventory/program.h"

const struct program program_valkey = {
	.name = "valkey",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"valkey-server", NULL},
	.patterns = (const char *const[]){"%n%vbuildkitsandbox-%d", NULL},
};
