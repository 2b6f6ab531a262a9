/* Bash */
#include "inventory/program.h"

const struct program program_bash = {
	.name = "bash",
	.files = (const char *const[]){"bash", "sh", NULL},
	.patterns = (const char *const[]){"@(#)Bash version %v(", NULL},
};
