/* SWI-Prolog */
#include "inventory/program.h"

const struct program program_swipl = {
	.name = "swipl",
	.files = (const char *const[]){"swipl", "libswipl.so*", NULL},
	.patterns = (const char *const[]){"swipl-%v/", NULL},
};
