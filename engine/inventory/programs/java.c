/* Java: the file `release` of a runtime */
#include "inventory/program.h"

const struct program program_java = {
	.name = "java",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"release", NULL},
	.patterns = (const char *const[]){"JAVA_VERSION=\"%v%s\"", "JAVA_VERSION=\"%v", NULL},
	.text = true,
};
