/* memcached */
#include "inventory/program.h"

const struct program program_memcached = {
	.name = "memcached",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"memcached", NULL},
	.patterns = (const char *const[]){"memcached %v", NULL},
};
