/* Fluent Bit */
#include "inventory/program.h"

const struct program program_fluent_bit = {
	.name = "fluent-bit",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"fluent-bit", NULL},
	.patterns = (const char *const[]){"%0%v%0Fluent Bit", "%0%v%0%%sFluent Bit", NULL},
};
