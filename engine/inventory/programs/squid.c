/* Squid */
#include "inventory/program.h"

const struct program program_squid = {
	.name = "squid",
	.files = (const char *const[]){"squid", NULL},
	.patterns = (const char *const[]){"squid/%v", NULL},
};
