/* OpenResty */
#include "inventory/program.h"

const struct program program_openresty = {
	.name = "openresty",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"nginx", "openresty", NULL},
	.patterns = (const char *const[]){"nginx version: openresty/%v", NULL},
};
