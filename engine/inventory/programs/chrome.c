/* Chrome */
#include "inventory/program.h"

const struct program program_chrome = {
	.name = "chrome",
	.files = (const char *const[]){"chrome", NULL},
	.patterns = (const char *const[]){"%0%v%0Default", NULL},
};
