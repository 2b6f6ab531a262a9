/* Traefik */
#include "inventory/program.h"

const struct program program_traefik = {
	.name = "traefik",
	.files = (const char *const[]){"traefik", NULL},
	.patterns = (const char *const[]){"%0v%v%s%0", "%0%v%s%0", NULL},
};
