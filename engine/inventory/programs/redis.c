/* Redis */
#include "inventory/program.h"

const struct program program_redis = {
	.name = "redis",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"redis-server", NULL},
	.patterns = (const char *const[]){"%n%vbuildkitsandbox-%d", "Redis version %v", "Redis version=%v", NULL},
};
