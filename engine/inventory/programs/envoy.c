/* Envoy */
#include "inventory/program.h"

const struct program program_envoy = {
	.name = "envoy",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"envoy", NULL},
	.patterns = (const char *const[]){"%0%v%s%0Unable to", "%0%v%s%0RELEASE", NULL},
};
