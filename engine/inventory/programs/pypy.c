/* PyPy */
#include "inventory/program.h"

const struct program program_pypy = {
	.name = "pypy",
	.files = (const char *const[]){"pypy*", "libpypy*.so*", NULL},
	.patterns = (const char *const[]){"[PyPy %v", NULL},
};
