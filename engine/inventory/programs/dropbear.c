/* Dropbear */
#include "inventory/program.h"

const struct program program_dropbear = {
	.name = "dropbear",
	.files = (const char *const[]){"dropbear", "dropbearmulti", NULL},
	.patterns = (const char *const[]){"dropbear_%v", NULL},
};
