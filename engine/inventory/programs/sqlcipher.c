/* SQLCipher */
#include "inventory/program.h"

const struct program program_sqlcipher = {
	.name = "sqlcipher",
	.files = (const char *const[]){"sqlcipher", NULL},
	.patterns = (const char *const[]){"%0%v%0", NULL},
};
