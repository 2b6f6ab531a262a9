/* nginx */
#include "inventory/program.h"

const struct program program_nginx = {
	.name = "nginx",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"nginx", NULL},
	.patterns = (const char *const[]){"nginx version: nginx/%v", NULL},
};
