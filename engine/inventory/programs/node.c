/* Node.js */
#include "inventory/program.h"

const struct program program_node = {
	.name = "node",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"node", "nodejs", "node.exe", NULL},
	.patterns = (const char *const[]){"node.js/v%v", "%0node v%v%0", NULL},
};
