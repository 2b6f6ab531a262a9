/* libcurl */
#include "inventory/program.h"

const struct program program_libcurl = {
	.name = "curl",
	.files = (const char *const[]){"libcurl*.so*", NULL},
	.patterns = (const char *const[]){"libcurl/%v", NULL},
};
