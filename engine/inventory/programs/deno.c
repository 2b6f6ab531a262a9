/* Deno */
#include "inventory/program.h"

const struct program program_deno = {
	.name = "deno",
	.files = (const char *const[]){"deno", NULL},
	.patterns = (const char *const[]){"Deno/%v", NULL},
};
