/* MongoDB */
#include "inventory/program.h"

const struct program program_mongodb = {
	.name = "mongodb",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"mongod", "mongos", NULL},
	.patterns = (const char *const[]){"%v%s%0tcmalloc", "%v%s%0heap_size", "%v%s%0cppdefines", NULL},
};
