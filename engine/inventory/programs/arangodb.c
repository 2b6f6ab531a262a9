/* ArangoDB */
#include "inventory/program.h"

const struct program program_arangodb = {
	.name = "arangodb",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"arangosh", "arangod", NULL},
	.patterns = (const char *const[]){"%v [linux]", "%v enterprise [linux]", NULL},
};
