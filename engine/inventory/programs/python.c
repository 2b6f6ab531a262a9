/* Python */
#include "inventory/program.h"

const struct program program_python = {
	.name = "python",
	.ecosystem = "Bitnami",
	.files = (const char *const[]){"python*", "libpython*.so*", NULL},
	.patterns = (const char *const[]){"%0%v%s%0", NULL},
	.named = true,
};
